import { checksum, Header, MessageName, Phase } from '@rejoin/core/protocol'
import { textOf, type Operation } from '../../wire/operation.ts'
import { nameOf } from './headers.ts'
import type { Finding } from '../finding.ts'
import type { Flow } from '../flow.ts'
import type { Rule } from './rule.ts'

/** Names of messages that belong to a part. */
const ofPart: ReadonlySet<string> = new Set<string>([
  MessageName.Token,
  MessageName.ResponseComplete,
  MessageName.ReasoningComplete,
  MessageName.Response,
  MessageName.Message,
  MessageName.Reasoning,
  MessageName.ToolCall,
  MessageName.ToolProgress,
  MessageName.ToolResult,
  MessageName.ApprovalRequest,
  MessageName.Source,
  MessageName.SourceDocument,
  MessageName.File,
  MessageName.Custom,
])

/** Whether parts are named and numbered, and runs follow each other (PROTOCOL.md §1.3). */
export const parts: Rule = ({ operations, flows, strict, responseId }) => {
  if (!strict) return []
  const creates = operations.filter(({ kind }) => kind === 'create')
  const named = creates.filter(({ name }) => ofPart.has(name))
  const numbered = creates.filter(({ name }) => ofPart.has(name) || name.startsWith(MessageName.DataPrefix))
  return [...unnamed(named), ...numbers(numbered), ...runs(flows)].map((finding) => ({
    ...finding,
    responseId,
  }))
}

function unnamed(creates: readonly Operation[]): Finding[] {
  const lacking = creates.filter(({ headers }) => textOf(headers, Header.Part) === undefined)
  if (!lacking[0]) return []
  return [
    {
      section: '1.3',
      severity: 'error',
      message: nameOf(lacking[0]),
      expected: 'header part',
      got: `no such header${lacking.length > 1 ? `, and on ${lacking.length - 1} more` : ''}`,
      cause:
        'number the parts of a response from 0 in the order they begin: a reader that has part 0 has its beginning',
    },
  ]
}

function numbers(creates: readonly Operation[]): Finding[] {
  const met = new Set<number>()
  for (const operation of creates) {
    const part = textOf(operation.headers, Header.Part)
    const number = Number(part?.split('.')[0])
    if (part === undefined || !Number.isInteger(number) || met.has(number)) continue
    if (number !== met.size)
      return [
        {
          section: '1.3',
          severity: 'error',
          message: nameOf(operation),
          expected: `part ${met.size}`,
          got: `part ${part}`,
          cause: 'parts are numbered 0, 1, 2, … in the order of their first messages',
        },
      ]
    met.add(number)
  }
  return []
}

/** A run may begin only when the previous one is closed. */
function runs(flows: readonly Flow[]): Finding[] {
  return flows.flatMap((flow) => {
    const [number, run] = (flow.part ?? '').split('.')
    if (run === undefined) return []
    const before = flows.find(({ part }) => part === (run === '1' ? number : `${number}.${Number(run) - 1}`))
    const begun = flow.steps[0]!.operation.version
    const closed = before?.steps.some(
      ({ phase, checksum: sum, text, operation }) =>
        phase === Phase.Streaming && sum === checksum(text) && operation.version < begun,
    )
    if (closed) return []
    return [
      {
        section: '1.3',
        severity: 'error' as const,
        message: flow.steps[0]!.label,
        expected: 'the run before it closed with phase: streaming, end and checksum',
        got: before ? 'it was open' : 'there is none',
        cause:
          'close a message that is full, await that, then begin the next: readers take text to be missing between them',
      },
    ]
  })
}
