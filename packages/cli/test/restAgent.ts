import { checksum, newId } from '@rejoin/core/protocol'
import type { LocalAbly } from '@rejoin/local-ably'

type Headers = Record<string, string>

/** What an agent may do wrong. */
export interface Mistakes {
  /** Length of `text` as the agent counts it. */
  length?: (text: string, fragment: string) => number | string
  checksum?: (text: string, fragment: string) => string | undefined
  /** Headers that every message lacks. */
  without?: readonly string[]
  /** Which message lacks them, by its index; default: all. */
  only?: number
  /** Changes the fragments and their stamps before they are sent. */
  order?: (writes: Write[]) => Write[]
  neverCloses?: boolean
  neverEnds?: boolean
  endsTwice?: boolean
  endsEarly?: boolean
  end?: object
  part?: string
  headers?: Headers
  /** Published in the middle of the text. */
  middle?: (agent: RestAgent) => Promise<unknown>
}

export interface Write {
  readonly fragment: string
  readonly end: string
  /** Counted, and never sent. */
  readonly lost?: boolean
}

/** An agent over plain REST, as docs/any-language.md has it, that can do things wrong. */
export class RestAgent {
  readonly #server: LocalAbly
  readonly #channelName: string
  readonly #perToken: boolean
  readonly #mistakes: Mistakes
  #messages = 0

  constructor(server: LocalAbly, channelName: string, perToken: boolean, mistakes: Mistakes) {
    this.#server = server
    this.#channelName = channelName
    this.#perToken = perToken
    this.#mistakes = mistakes
  }

  async answer(promptId: string, fragments: readonly string[], responseId = 'r1'): Promise<void> {
    const { order = (writes: Write[]) => writes, part = '0', headers } = this.#mistakes
    const { neverEnds, endsTwice, endsEarly, end = { finishReason: 'stop' }, middle } = this.#mistakes
    const own = { rejoin: '1', presence: 'none', responseId, promptId, ...headers }
    await this.publish('start', own)
    const finish = () => this.publish(this.#perToken ? 'stop' : 'response-end', own, end)
    if (endsEarly) await finish()
    const text = { ...own, part }
    const serial = this.#perToken ? '' : await this.publish('response', text, '')
    const writes = order(this.#stamped(fragments))
    for (const [i, write] of writes.entries()) {
      if (i === 2) await middle?.(this)
      if (!write.lost) await this.#grow(text, serial, write)
    }
    await this.#close(text, serial, fragments)
    if (neverEnds || endsEarly) return
    await finish()
    if (endsTwice) await finish()
  }

  /** Publishes a message; resolves to its serial. */
  async publish(name: string, headers: Headers, data?: unknown): Promise<string> {
    const { without = [], only } = this.#mistakes
    const kept = { ...headers }
    if (only === undefined || only === this.#messages) for (const key of without) delete kept[key]
    this.#messages++
    const object = typeof data === 'object'
    const { serials } = (await this.#request('POST', '', {
      id: newId(),
      name,
      data: object ? JSON.stringify(data) : data,
      ...(object && { encoding: 'json' }),
      extras: { headers: kept },
    })) as { serials: string[] }
    return serials[0]!
  }

  #stamped(fragments: readonly string[]): Write[] {
    const { length = (text: string) => text.length } = this.#mistakes
    let text = ''
    return fragments.map((fragment) => {
      text += fragment
      return { fragment, end: String(length(text, fragment)) }
    })
  }

  #grow(headers: Headers, serial: string, { fragment, end }: Write): Promise<unknown> {
    if (this.#perToken) return this.publish('token', { ...headers, end }, fragment)
    return this.patch(serial, {
      action: 5,
      data: fragment,
      version: { metadata: { end, phase: 'streaming' } },
    })
  }

  async #close(headers: Headers, serial: string, fragments: readonly string[]): Promise<void> {
    const { neverCloses, length = (text: string) => text.length } = this.#mistakes
    if (neverCloses) return
    const text = fragments.join('')
    const sum = (this.#mistakes.checksum ?? checksum)(text, fragments.at(-1)!)
    const stamp = {
      end: String(length(text, '')),
      phase: 'done',
      ...(sum !== undefined && { checksum: sum }),
    }
    if (this.#perToken) await this.publish('token', { ...headers, ...stamp }, '')
    else await this.patch(serial, { action: 5, data: '', version: { metadata: stamp } })
  }

  patch(serial: string, body: object): Promise<unknown> {
    return this.#request('PATCH', `/${encodeURIComponent(serial)}`, body)
  }

  async #request(method: string, path: string, body: object): Promise<unknown> {
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const url = `${this.#server.url}/channels/${encodeURIComponent(this.#channelName)}/messages${path}`
    const headers = {
      authorization: `Basic ${base64(this.#server.key)}`,
      'x-ably-clientid': base64('agent'),
      'x-ably-version': '6',
      'content-type': 'application/json',
    }
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`unable to publish; ${await answer.text()}`)
    return answer.json()
  }
}
