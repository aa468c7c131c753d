import { Header, MessageName } from '@rejoin/core/protocol'
import { textOf, type Operation } from '../wire/operation.ts'
import { flowsOf, type Flow } from './flow.ts'

/** The operations and members that a channel showed. */
export interface Transcript {
  /** In the order of their versions. */
  readonly operations: readonly Operation[]
  /** `clientId`s that were present on the channel at some time. */
  readonly present: ReadonlySet<string>
  /** Prompts that the check has sent. */
  readonly prompts: readonly string[]
  /** The channel is heard to the end: nothing more of these responses will come. */
  readonly complete: boolean
  /** Appends were heard one by one. `false`: read from history, which has the texts they made. */
  readonly live: boolean
}

/** All operations on a response by the client that began it. */
export interface Spoken {
  readonly responseId: string | undefined
  readonly clientId: string | undefined
  readonly operations: readonly Operation[]
  readonly flows: readonly Flow[]
  /** Some of its messages have header `rejoin`: it claims to follow PROTOCOL.md. */
  readonly strict: boolean
  readonly pattern: 'message-per-response' | 'message-per-token'
}

/** Names that begin nothing: clients send them. */
const clients: ReadonlySet<string> = new Set<string>([
  MessageName.UserInput,
  MessageName.PromptText,
  MessageName.Cancel,
  MessageName.ApprovalResponse,
  MessageName.ToolResult,
  MessageName.Claim,
  MessageName.PromptStatus,
])

/** The responses of a channel, each as its owner tells it (PROTOCOL.md §8.1). */
export function responsesOf({ operations }: Transcript): Spoken[] {
  const headers = new Map<string, Operation['headers']>()
  const names = new Map<string, string>()
  const byId = new Map<string, Operation[]>()
  for (const operation of operations) {
    // A header that an operation does not repeat keeps its value (§1.4).
    const learnt = { ...headers.get(operation.serial), ...operation.headers }
    headers.set(operation.serial, learnt)
    const name = operation.name || (names.get(operation.serial) ?? '')
    names.set(operation.serial, name)
    if (isOthers(name)) continue
    const id = textOf(learnt, Header.ResponseId) ?? ''
    const list = byId.get(id) ?? []
    byId.set(id, list)
    list.push({ ...operation, name, headers: learnt })
  }
  return [...byId].flatMap(([id, list]) => spoken(id, list) ?? [])
}

function isOthers(name: string): boolean {
  return name === MessageName.UserInput || name === MessageName.PromptText || name === MessageName.Cancel
}

function spoken(id: string, all: readonly Operation[]): Spoken | undefined {
  const first = all.find(({ name }) => !clients.has(name))
  if (!first) return undefined
  const operations = all.filter(({ clientId }) => clientId === first.clientId)
  const named = new Set(operations.map(({ name }) => name))
  return {
    responseId: id === '' ? undefined : id,
    clientId: first.clientId,
    operations,
    flows: flowsOf(operations),
    strict: operations.some(({ headers }) => headers[Header.Rejoin] !== undefined),
    pattern: named.has(MessageName.Token) ? 'message-per-token' : 'message-per-response',
  }
}
