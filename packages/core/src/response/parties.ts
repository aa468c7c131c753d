import type { StreamEvent, ToolEvent, ValueEvent } from '../protocol/event.ts'

/**
 * Who may begin a response: `clientId`s, or a function of the `clientId` and of the claim (`extras.userClaim`), both as
 * Ably verified them. Agents trusted in this way may continue each other's responses.
 */
export type Agents =
  | readonly string[]
  | ((clientId: string | undefined, claim: string | undefined) => boolean)

/** Tells parties apart. */
export interface Parties {
  /** An event's party; `undefined`: it may not begin a response. */
  of(clientId: string | undefined, userClaim: string | undefined): string | undefined
  /** The party that a row of the application's database names; `undefined`: it names none. */
  ofRow(clientId: string | undefined): string | undefined
}

/** Without `agents` each `clientId` is a party of its own, and so are all clients without one. */
const byClientId: Parties = {
  of: (clientId) => clientId ?? '',
  ofRow: (clientId) => clientId,
}

/** Parties, where `agents` says who may answer: those who may are one. */
export function partiesOf(agents: Agents | undefined): Parties {
  if (agents === undefined) return byClientId
  // One name, as JavaScript may pass it, is a list: every part of it would be trusted.
  const trusts =
    typeof agents === 'function' ? agents : (id: string | undefined) => [agents].flat().includes(id!)
  const known = new Map<string, boolean>()
  return {
    of(clientId, userClaim) {
      const who =
        clientId !== undefined && userClaim === undefined ? clientId : JSON.stringify([clientId, userClaim])
      let trusted = known.get(who)
      if (trusted === undefined) {
        if (known.size >= MAX_KNOWN) known.clear()
        known.set(who, (trusted = isTrue(() => trusts(clientId, userClaim))))
      }
      return trusted ? '' : undefined
    },
    // The application trusts its own database.
    ofRow: () => '',
  }
}

/** How many answers of `agents` are kept: strangers may use any number of names. */
const MAX_KNOWN = 1_000

/** If the application's function throws, the client is not trusted. */
function isTrue(ask: () => boolean): boolean {
  try {
    return ask()
  } catch {
    return false
  }
}

/** What clients give for a tool call: a decision or a result, or a piece of one. */
export type Reply = ToolEvent | ValueEvent

/** Whether it begins no response: it is about one that has begun, or cannot be read (PROTOCOL.md §5.10, §8.1). */
export function beginsNothing(event: StreamEvent): boolean {
  if (event.type === 'tool') {
    const { kind } = event.change
    return kind !== 'call' && kind !== 'call-fields' && kind !== 'approval-request'
  }
  if (event.type === 'text') return event.op === 'lost'
  return event.type === 'part-metadata' || event.type === 'retract' || isReply(event)
}

/**
 * What counts from parties other than the response's own: a decision, and the result of a tool that runs in the client
 * (PROTOCOL.md §8).
 */
export function isReply(event: StreamEvent): boolean {
  if (event.type === 'value') return event.toolCallId !== undefined
  if (event.type !== 'tool') return false
  const { change } = event
  return (
    change.kind === 'result' ||
    change.kind === 'failure' ||
    (change.kind === 'approval-response' && change.confirms !== true)
  )
}
