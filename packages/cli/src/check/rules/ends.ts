import { Header, MessageName, type EndStatus, type FinishReason } from '@rejoin/core/protocol'
import { objectOf, type Operation } from '../../wire/operation.ts'
import { nameOf } from './headers.ts'
import type { Finding } from '../finding.ts'
import type { Rule } from './rule.ts'

const markers: ReadonlySet<string> = new Set<string>([
  MessageName.ResponseEnd,
  MessageName.Stop,
  MessageName.Cancelled,
])
const whole: ReadonlySet<string> = new Set<string>([MessageName.AgentResponse])
/** Objects, so that TypeScript tells when the protocol has another one. */
const statuses = Object.keys({ complete: 0, stopped: 0, error: 0 } satisfies Record<EndStatus, 0>)
const reasons = Object.keys({
  stop: 0,
  length: 0,
  'content-filter': 0,
  'tool-calls': 0,
  error: 0,
  other: 0,
} satisfies Record<FinishReason, 0>)

export function isEnd({ name }: Operation): boolean {
  return markers.has(name)
}

/** Whether the response ends, once, and with its last message (PROTOCOL.md §3.2, §3.3, §6.3). */
export const ends: Rule = ({ operations, pattern, strict, responseId }, { complete }) => {
  const usual = pattern === 'message-per-token' ? MessageName.Stop : MessageName.ResponseEnd
  const found = operations.filter((operation) => operation.kind === 'create' && isEnd(operation))
  const [first] = found
  const error = (finding: Omit<Finding, 'severity'>, severity: Finding['severity'] = 'error'): Finding => ({
    severity,
    responseId,
    ...finding,
  })
  if (!first) {
    if (!complete || (!strict && operations.every(({ name }) => whole.has(name)))) return []
    return [
      error(
        {
          section: strict ? '3.2' : '2',
          message: 'the response',
          expected: `an end marker: ${usual}`,
          got: 'none',
          cause:
            'with header rejoin, a response is over at its end marker alone; readers show it as streaming',
        },
        strict ? 'error' : 'warning',
      ),
    ]
  }
  const findings: Finding[] = []
  const late = operations.find(
    ({ version, name }) => version > first.version && !isEnd({ name } as Operation),
  )
  if (late)
    findings.push(
      error({
        section: '6.3',
        message: nameOf(late),
        expected: 'the end marker last',
        got: `after ${nameOf(first)}`,
        cause: 'await every outcome, and close each text, before you publish the end marker',
      }),
    )
  if (found.length > 1)
    findings.push(
      error({
        section: '6.5',
        message: nameOf(found[1]!),
        expected: 'one end marker',
        got: `${found.length}`,
        cause: 'it was published again under another id; keep the id of the first time',
      }),
    )
  const status = first.headers[Header.Status]
  if (status !== undefined && !statuses.includes(status as string))
    findings.push(
      error({
        section: '3',
        message: nameOf(first),
        expected: `status ${statuses.join(', ')}`,
        got: JSON.stringify(status),
      }),
    )
  const { finishReason } = objectOf(first.data)
  if (finishReason !== undefined && !reasons.includes(finishReason as string))
    findings.push(
      error({
        section: '3.3',
        message: nameOf(first),
        expected: `finishReason ${reasons.join(', ')}`,
        got: JSON.stringify(finishReason),
        cause: "put the provider's own word into rawFinishReason",
      }),
    )
  return findings
}
