import type { InboundMessage, RealtimeChannel } from 'ably'

/** What the snippet of Ably's documentation shows of each response, oldest first. */
export interface SnippetText {
  responseId: string
  text: string
}

/**
 * A reader of the same channel that does only what the documented snippet does: it appends what it receives. It keeps the
 * messages apart by response, so that its text can be set beside ours.
 * https://ably.com/docs/ai-transport/token-streaming
 */
export class Snippet {
  readonly #channel: RealtimeChannel
  readonly #messages = new Map<string, { responseId: string; text: string }>()

  onChange = () => {}

  constructor(channel: RealtimeChannel) {
    this.#channel = channel
    channel.subscribe(['response', 'token'], this.#receive).catch(() => {})
  }

  textOf(responseId: string): string {
    let text = ''
    for (const message of this.#messages.values()) if (message.responseId === responseId) text += message.text
    return text
  }

  close(): void {
    this.#channel.unsubscribe(['response', 'token'], this.#receive)
  }

  readonly #receive = ({ action, name, serial = '', data, extras }: InboundMessage): void => {
    if (typeof data !== 'string') return
    const { responseId = serial } =
      (extras as { headers?: { responseId?: string } } | undefined)?.headers ?? {}
    const key = name === 'token' ? responseId : serial
    const known = this.#messages.get(key)
    const adds = name === 'token' || action === 'message.append'
    this.#messages.set(key, {
      responseId: known?.responseId ?? responseId,
      text: adds ? (known?.text ?? '') + data : data,
    })
    this.onChange()
  }
}
