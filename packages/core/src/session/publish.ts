import type { RealtimeChannel } from 'ably'
import { RejoinError } from '../types/errors.ts'
import { newId } from '../protocol/newId.ts'
import { Header, MessageName } from '../protocol/names.ts'
import { wrapPublishError } from '../ably/publishError.ts'
import type { Store } from '../store/store.ts'

export interface OutgoingPrompt {
  text: string
  /** Chosen by the app, or made here. Publishing the same id twice is harmless. */
  promptId?: string
  /** Id of the prompt that this is another attempt at. All stay in the list; the application chooses what to show. */
  replaces?: string
  /** Further fields for the agent, beside `promptId` and `text`. */
  data?: Record<string, unknown>
  headers?: Record<string, string>
}

/** What this session publishes: prompts shown at once, with their delivery; cancels; tool results; decisions. */
export class Outbox {
  readonly #channel: RealtimeChannel
  readonly #store: Store
  readonly #clientId: () => string | undefined
  readonly #now: () => number
  readonly #sent = new Map<string, OutgoingPrompt>()

  constructor(channel: RealtimeChannel, store: Store, clientId: () => string | undefined, now: () => number) {
    this.#channel = channel
    this.#store = store
    this.#clientId = clientId
    this.#now = now
  }

  /** Publishes a prompt. Resolves to its id when the channel has it; a failure also shows on the prompt. */
  async sendMessage(prompt: OutgoingPrompt): Promise<string> {
    if (typeof prompt?.text !== 'string')
      throw new RejoinError('invalid_argument', 'unable to send a message; text must be a string')
    const id = prompt.promptId ?? newId()
    this.#sent.set(id, prompt)
    const clientId = this.#clientId()
    const { text, replaces } = prompt
    const known = this.#store.getPrompt(id)
    const shown = {
      id,
      text,
      createdAt: known?.createdAt ?? this.#now(),
      ...(clientId !== undefined && { clientId }),
      ...(replaces !== undefined && { replaces }),
    }
    this.#show({ ...shown, delivery: 'sending' })
    try {
      // A message id of our own: publishing it again, by the SDK or by a retry, changes nothing.
      const result = await this.#channel.publish({
        id: `${id}:0`,
        name: MessageName.UserInput,
        data: { ...prompt.data, promptId: id, text, ...(replaces !== undefined && { replaces }) },
        ...(prompt.headers && { extras: { headers: prompt.headers } }),
      })
      this.#sent.delete(id)
      const serial = result?.serials?.[0] ?? undefined
      const current = this.#store.getPrompt(id)
      this.#show({ ...shown, ...current, ...(serial && { serial }), delivery: 'sent', error: undefined })
      return id
    } catch (cause) {
      const error = wrapPublishError('send the message', cause)
      this.#show({ ...shown, delivery: 'failed', error })
      throw error
    }
  }

  /** Sends a prompt that failed once more. */
  retry(id: string): Promise<string> {
    const prompt = this.#sent.get(id)
    if (!prompt)
      throw new RejoinError(
        'invalid_argument',
        `unable to retry "${id}"; no message of this session with that id failed`,
      )
    return this.sendMessage({ ...prompt, promptId: id })
  }

  /** Publishes a message of a response: a cancel, a tool result, a decision. */
  async publish(what: string, name: string, headers: Record<string, string>, data?: unknown): Promise<void> {
    try {
      await this.#channel.publish({ name, ...(data !== undefined && { data }), extras: { headers } })
    } catch (cause) {
      throw wrapPublishError(what, cause)
    }
  }

  cancel(responseId: string): Promise<void> {
    return this.publish(`stop response "${responseId}"`, MessageName.Cancel, {
      [Header.ResponseId]: responseId,
    })
  }

  #show(prompt: Parameters<Store['conversation']['setPrompt']>[0]): void {
    this.#store.conversation.setPrompt(prompt)
    this.#store.changed('now')
  }
}
