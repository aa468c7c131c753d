import type { InboundMessage, Message, PaginatedResult, RealtimeChannel } from 'ably'
import { operationOf, type Operation } from './operation.ts'

/** Writes down what happens on a channel. */
export class Recorder {
  readonly operations: Operation[] = []
  /** `clientId`s that were present at some time. */
  readonly present = new Set<string>()
  /** When something was last heard, in milliseconds of `performance.now()`. */
  heardAt = performance.now()
  readonly #channel: RealtimeChannel
  #heard = () => {}

  constructor(channel: RealtimeChannel) {
    this.#channel = channel
  }

  /** Attaches: from now on, appends are heard one by one. `heard` is called after each operation. */
  async start(heard = (): void => {}): Promise<void> {
    this.#heard = heard
    await this.#channel.subscribe((message) => this.#take(message))
    await this.#channel.presence.subscribe(({ clientId }) => void this.present.add(clientId))
  }

  #take(message: InboundMessage): void {
    const operation = operationOf(message)
    if (!operation) return
    this.heardAt = performance.now()
    this.operations.push(operation)
    this.#heard()
  }
}

/** The newest messages that a channel's history holds, oldest first, each with its versions. */
export async function readPast(channel: RealtimeChannel, limit = 1000): Promise<Operation[]> {
  const { items } = await channel.history({ limit })
  const operations: Operation[] = []
  for (const message of items.toReversed()) {
    const versions = message.action === 'message.update' ? await versionsOf(channel, message) : [message]
    // The first version is the message itself, with everything appended before the first update.
    for (const [index, version] of versions.entries()) {
      const operation = operationOf(version)
      if (operation) operations.push(index === 0 ? { ...operation, kind: 'create' } : operation)
    }
  }
  return operations
}

async function versionsOf(channel: RealtimeChannel, message: InboundMessage): Promise<InboundMessage[]> {
  const all: Message[] = []
  let page: PaginatedResult<Message> | null = await channel.getMessageVersions(message.serial!)
  while (page) {
    all.push(...page.items)
    page = await page.next()
  }
  return all as InboundMessage[]
}
