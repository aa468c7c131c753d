import type { InboundMessage } from 'ably'

/** Another library's conversation state, fed by hand as ours is. */
export interface Peer {
  readonly name: string
  /** A conversation that already holds `messages` earlier messages. */
  open(messages: number): Promise<PeerConversation>
}

export interface PeerConversation {
  /** Prepares a new response; what it returns streams it. Only that is timed. */
  stream(response: PeerResponse): () => void | Promise<void>
  /** The text of the newest response: proof that the work was done. */
  text(): string
  /** How often the peer has told its subscriber that something changed. */
  notifications(): number
  close?(): void
}

/** What the agent published, as Ably delivers it. A peer that does not know Ably reads the two fields that it needs. */
export interface PeerResponse {
  readonly responseId: string
  readonly texts: readonly string[]
  /** One a token, the first one too. */
  readonly messages: readonly InboundMessage[]
}

/**
 * Hands a peer all messages. A function of its own, as the reader's loop is: the engine compiles it once, and not in
 * each sample again.
 */
export function feed<T>(all: readonly T[], take: (one: T) => void): void {
  for (const one of all) take(one)
}

export const idOf = ({ extras }: InboundMessage): string =>
  (extras as { headers: { responseId: string } }).headers.responseId

export const textOf = ({ data }: InboundMessage): string => data as string

export const earlierAnswer = 'An earlier answer.'
