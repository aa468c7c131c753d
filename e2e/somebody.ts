import { Realtime, type RealtimeChannel } from 'ably'
import type { Pattern } from './chat.ts'
import type { RunningDemo } from './demo.ts'

export interface StoredRow {
  id: string
  role: string
  status?: string
  text?: string
  promptId?: string
}

/** A person with a conversation, without a browser. */
export class Somebody {
  readonly #demo: RunningDemo
  readonly #cookie: string
  readonly id: string
  readonly client: Realtime
  readonly channel: RealtimeChannel

  private constructor(demo: RunningDemo, cookie: string, id: string) {
    this.#demo = demo
    this.#cookie = cookie
    this.id = id
    const { hostname, port } = new URL(demo.url)
    this.client = new Realtime({
      authCallback: (_params, callback) => {
        void this.call('GET', '/token')
          .then(async (response) => ((await response.json()) as { token: string }).token)
          .then(
            (token) => callback(null, token),
            (error: unknown) => callback(String(error), null),
          )
      },
      endpoint: hostname,
      port: Number(port),
      tls: false,
      logLevel: 0,
      disconnectedRetryTimeout: 500,
      suspendedRetryTimeout: 500,
    })
    this.channel = this.client.channels.get(`ai:${id}`)
  }

  static async withConversation(demo: RunningDemo, pattern: Pattern): Promise<Somebody> {
    const post = (path: string, body: string, cookie = '') =>
      fetch(`${demo.url}/api${path}`, { method: 'POST', body, headers: { cookie } })
    const cookie = (await post('/session', '{}')).headers.get('set-cookie')!.split(';')[0]!
    const { id } = (await (await post('/conversations', JSON.stringify({ pattern }), cookie)).json()) as {
      id: string
    }
    const somebody = new Somebody(demo, cookie, id)
    await somebody.channel.attach()
    return somebody
  }

  /** Asks for something of the conversation. */
  call(method: string, path: string, body?: object): Promise<Response> {
    return this.#api(method, `/conversations/${this.id}${path}`, body)
  }

  signOut(): Promise<Response> {
    return this.#api('DELETE', '/session')
  }

  #api(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${this.#demo.url}/api${path}`, {
      method,
      headers: { cookie: this.#cookie },
      body: body ? JSON.stringify(body) : null,
    })
  }

  /** Resolves when so many messages of answers have come since now. */
  async hears(count: number): Promise<void> {
    let left = count
    await new Promise<void>((resolve) => {
      const listener = ({ clientId }: { clientId?: string }) => {
        if (clientId === 'agent' && --left === 0) resolve(this.channel.unsubscribe(listener))
      }
      void this.channel.subscribe(listener)
    })
  }

  async rows(): Promise<StoredRow[]> {
    const response = await this.call('GET', '/rows?limit=100')
    // While the database restarts it has none to give.
    return response.ok ? ((await response.json()) as { rows: StoredRow[] }).rows : []
  }
}
