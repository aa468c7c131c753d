/** Another library's conversation state, fed by hand as ours is. */
export interface Peer {
  readonly name: string
  /** A conversation that already holds `messages` earlier messages. */
  open(messages: number): Promise<PeerConversation>
}

export interface PeerConversation {
  /** Prepares a new response of `tokens`; what it returns streams it. Only that is timed. */
  stream(tokens: readonly string[]): () => void | Promise<void>
  /** The text of the newest response: proof that the work was done. */
  text(): string
  /** How often the peer has told its subscriber that something changed. */
  notifications(): number
  close?(): void
}

export const earlierAnswer = 'An earlier answer.'
