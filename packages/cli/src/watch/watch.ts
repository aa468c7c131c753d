import { createSession, history, type ResponseState, type Session } from '@rejoin/core'
import { Realtime } from 'ably'
import { clientOptionsOf, type Target } from '../wire/target.ts'
import { render } from './render.ts'

/** Shows a channel's prompts and responses as they are written. */
export class Watch {
  readonly #session: Session
  readonly #write: (text: string) => void
  /** The text written so far, by response. */
  readonly #shown = new Map<string, string>()
  readonly #ended = new Set<string>()
  readonly #prompts = new Set<string>()
  /** The response that the last line shows. */
  #current: string | undefined

  constructor(session: Session, write: (text: string) => void) {
    this.#session = session
    this.#write = write
  }

  start(): void {
    const session = this.#session
    session.subscribe(() => this.#look())
    session.on('error', ({ message }) => this.#line(`! ${message}`))
    session.on('healed', ({ responseId }) => this.#again(responseId, 'filled in'))
    this.#look()
  }

  #look(): void {
    for (const { id, role } of this.#session.getSnapshot().messages) {
      if (role === 'user') this.#prompt(id)
      else if (!this.#shown.has(id)) {
        this.#shown.set(id, '')
        this.#session.subscribeResponse(id, () => this.#grow(id))
        this.#grow(id)
      }
    }
  }

  #prompt(id: string): void {
    const prompt = this.#session.getPrompt(id)
    if (!prompt || this.#prompts.has(id)) return
    this.#prompts.add(id)
    this.#line(`> ${prompt.clientId ?? 'someone'}: ${prompt.text}`)
  }

  #grow(id: string): void {
    const response = this.#session.getResponse(id)
    if (!response) return
    const text = render(response)
    const before = this.#shown.get(id)!
    if (!text.startsWith(before)) this.#again(id, 'changed')
    else if (text !== before) {
      this.#head(id, response)
      this.#write(text.slice(before.length))
      this.#shown.set(id, text)
    }
    if (response.status === 'streaming' || this.#ended.has(id)) return
    this.#ended.add(id)
    this.#head(id, response)
    const verified = response.verified ? ', verified' : response.hasGap ? ', with gaps' : ''
    this.#line(`[${response.status}${response.error ? `: ${response.error.message}` : ''}${verified}]`)
  }

  /** The written text is no longer a beginning of the new one: writes the whole text again. */
  #again(id: string, why: string): void {
    const response = this.#session.getResponse(id)
    const text = response && render(response)
    if (text === undefined || text === this.#shown.get(id)) return
    this.#line(`↻ ${id}, ${why}:`)
    this.#current = id
    this.#write(text)
    this.#shown.set(id, text)
  }

  #head(id: string, { clientId }: ResponseState): void {
    if (this.#current === id) return
    this.#line(`< ${clientId ?? 'someone'}, ${id}:`)
    this.#current = id
  }

  /** Writes a separate line; the response under way then continues under its name. */
  #line(text: string): void {
    this.#write(`${this.#current === undefined ? '' : '\n'}${text}\n`)
    this.#current = undefined
  }
}

/** Watches a channel until the returned function is called. */
export async function watchChannel(
  target: Target,
  channelName: string,
  write: (text: string) => void,
): Promise<() => void> {
  const client = new Realtime(clientOptionsOf(target, 'rejoin-watch'))
  const session = createSession({ client, channelName, hydrate: history() })
  try {
    await session.ready
  } catch (error) {
    client.close()
    throw error
  }
  new Watch(session, write).start()
  return () => {
    session.close()
    client.close()
  }
}
