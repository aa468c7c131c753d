import { Header, MessageName } from '@rejoin/core/protocol'
import { objectOf, textOf, type Operation } from '../../wire/operation.ts'
import { nameOf } from './headers.ts'
import { isEnd } from './ends.ts'
import type { Finding } from '../finding.ts'
import type { Rule } from './rule.ts'

const about: ReadonlySet<string> = new Set<string>([
  MessageName.ToolCall,
  MessageName.ApprovalRequest,
  MessageName.ToolProgress,
  MessageName.ToolResult,
  MessageName.ApprovalResponse,
])

/** Whether messages about tools say which call they are about, and questions end with their response. */
export const tools: Rule = ({ operations, strict, responseId }) => {
  const messages = operations.filter(({ kind, name }) => kind === 'create' && about.has(name))
  const findings: Finding[] = []
  const calls = new Map<string, string | undefined>()
  for (const message of messages) {
    const id = textOf(message.headers, Header.ToolCallId)
    const part = textOf(message.headers, Header.Part)
    if (id === undefined)
      findings.push({
        section: '2',
        severity: 'error',
        message: nameOf(message),
        expected: 'header toolCallId',
        got: 'no such header',
        cause: 'it names the call; without it, readers skip the message',
      })
    else if (!calls.has(id)) calls.set(id, part)
    else if (strict && part !== calls.get(id))
      findings.push({
        section: '1.3',
        severity: 'error',
        message: `${nameOf(message)}, of call ${id}`,
        expected: `part ${calls.get(id)}`,
        got: `part ${part ?? 'none'}`,
        cause: 'progress, results and approvals carry the part of their call; they are no parts of their own',
      })
  }
  findings.push(...encodings(messages), ...(strict ? questions(operations) : []))
  return findings.map((finding) => ({ ...finding, responseId }))
}

/** Objects that came as text. */
function encodings(messages: readonly Operation[]): Finding[] {
  const text = messages.find(
    ({ data, headers }) =>
      typeof data === 'string' && data.trimStart().startsWith('{') && headers[Header.ToolName] === undefined,
  )
  if (!text) return []
  return [
    {
      section: '9.1',
      severity: 'warning',
      message: nameOf(text),
      expected: 'an object',
      got: 'its JSON as a text',
      cause: 'send "encoding": "json" beside the JSON text',
    },
  ]
}

/** Approvals that were neither answered nor closed (PROTOCOL.md §6.9). */
function questions(operations: readonly Operation[]): Finding[] {
  if (!operations.some(isEnd)) return []
  const last = new Map<string, Operation>()
  for (const operation of operations) {
    const id = textOf(operation.headers, Header.ToolCallId)
    const client = operation.name === MessageName.ToolCall && objectOf(operation.data)[Header.Client] === true
    const asks = operation.name === MessageName.ApprovalRequest || client
    if (id === undefined) continue
    if (asks) last.set(id, operation)
    else if (operation.name === MessageName.ToolResult || operation.name === MessageName.ApprovalResponse)
      last.delete(id)
  }
  return [...last].map(([id, operation]) => ({
    section: '6.9',
    severity: 'error' as const,
    message: `${nameOf(operation)}, of call ${id}`,
    expected: 'a tool_result or a confirmed decision before the end marker',
    got: 'the response ended while the question was open',
    cause: 'before the end marker, publish a tool_result with error for every question without an answer',
  }))
}
