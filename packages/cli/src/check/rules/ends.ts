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
/** As objects, so that TypeScript reports a name that the protocol adds. */
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

type Found = Omit<Finding, 'severity' | 'responseId'> & { severity?: Finding['severity'] }

/** Whether the response ends, once, and with its last message (PROTOCOL.md §3.2, §3.3, §6.3). */
export const ends: Rule = (response, { complete }) => {
  const { operations, responseId } = response
  const found = operations.filter((operation) => operation.kind === 'create' && isEnd(operation))
  const [first, second] = found
  const findings = first
    ? [after(first, operations), second && again(second, found.length), statusOf(first), reasonOf(first)]
    : [complete ? missing(response) : undefined]
  return findings
    .filter((finding) => finding !== undefined)
    .map((finding) => ({ severity: 'error', responseId, ...finding }))
}

function missing({ operations, pattern, strict }: Parameters<Rule>[0]): Found | undefined {
  if (!strict && operations.every(({ name }) => whole.has(name))) return undefined
  const usual = pattern === 'message-per-token' ? MessageName.Stop : MessageName.ResponseEnd
  return {
    severity: strict ? 'error' : 'warning',
    section: strict ? '3.2' : '2',
    message: 'the response',
    expected: `an end marker: ${usual}`,
    got: 'none',
    cause: 'with header rejoin, a response is over at its end marker alone; readers show it as streaming',
  }
}

function after(end: Operation, operations: readonly Operation[]): Found | undefined {
  const late = operations.find((one) => one.version > end.version && !isEnd(one))
  return (
    late && {
      section: '6.3',
      message: nameOf(late),
      expected: 'the end marker last',
      got: `after ${nameOf(end)}`,
      cause: 'await every outcome, and close each text, before you publish the end marker',
    }
  )
}

function again(end: Operation, count: number): Found {
  return {
    section: '6.5',
    message: nameOf(end),
    expected: 'one end marker',
    got: `${count}`,
    cause: 'it was published again under another id; keep the id of the first time',
  }
}

function statusOf(end: Operation): Found | undefined {
  const status = end.headers[Header.Status]
  if (status === undefined || statuses.includes(status as string)) return undefined
  return {
    section: '3',
    message: nameOf(end),
    expected: `status ${statuses.join(', ')}`,
    got: JSON.stringify(status),
  }
}

function reasonOf(end: Operation): Found | undefined {
  const { finishReason } = objectOf(end.data)
  if (finishReason === undefined || reasons.includes(finishReason as string)) return undefined
  return {
    section: '3.3',
    message: nameOf(end),
    expected: `finishReason ${reasons.join(', ')}`,
    got: JSON.stringify(finishReason),
    cause: "put the provider's own word into rawFinishReason",
  }
}
