import type { InboundMessage, RealtimeClient } from 'ably'
import { ownId } from '../publish/ownId.ts'

/** Other processes that answer on the channel with this one's clientId. Without claims, they answer its prompts, too. */
export class Replicas {
  readonly #client: RealtimeClient
  readonly #channelName: string
  /** Prompts whose answers this process has begun. */
  readonly #begun = new Set<string>()
  #warned = false

  constructor(client: RealtimeClient, channelName: string) {
    this.#client = client
    this.#channelName = channelName
  }

  isOther({ clientId, connectionId }: InboundMessage): boolean {
    return clientId === ownId(this.#client) && connectionId !== this.#client.connection.id
  }

  begin(promptId: string): void {
    this.#begun.add(promptId)
  }

  settle(promptId: string): void {
    this.#begun.delete(promptId)
  }

  /** Another process has begun to answer: warns, once, if this one answers the same prompt. */
  began(promptId: string): void {
    if (!this.#begun.has(promptId) || this.#warned) return
    this.#warned = true
    console.warn(
      `[rejoin] Another process answers on channel "${this.#channelName}" as "${ownId(this.#client)}" too, and both answer every prompt. Pass \`claims\` to createAgent.`,
    )
  }
}
