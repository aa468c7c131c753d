import type { ResponseState } from '@rejoin/core'
import { call, type Config, type Conversation } from '../api.ts'
import type { Connection } from '../connect.ts'
import { describeGap, missingIn } from '../gaps.ts'
import { until } from './until.ts'

export interface Step {
  title: string
  /** What happened; absent until then. */
  told?: string
  state: 'waiting' | 'running' | 'done' | 'missed'
}

interface Parts {
  config: Config
  conversation: Conversation
  connection: Connection
  /** Characters that the documented snippet gets wrong in the newest answer. */
  snippetWrong(): number
  onChange(steps: readonly Step[]): void
  signal: AbortSignal
}

const story = 'Tell me a long story about a lighthouse'
const question = 'How does this page survive a refresh?'
const patience = 25_000

/** "Break it for me": asks, breaks the stream in three ways, and tells what happened. */
export class Tour {
  readonly #parts: Parts
  readonly #away: number
  readonly #steps: Step[]

  constructor(parts: Parts) {
    this.#parts = parts
    // Longer than the server can resume the connection, so the missed messages must come from history.
    this.#away = parts.config.connectionStateTtl + 1500
    const titles = [
      'Ask for a long story',
      'Drop a message of the agent',
      'Let it heal',
      `Cut the connection for ${Math.round(this.#away / 1000)} seconds`,
      'Kill the agent in the middle of an answer',
      'Start the agent again',
    ]
    this.#steps = titles.map((title) => ({ title, state: 'waiting' }))
  }

  async run(): Promise<void> {
    const { session, client } = this.#parts.connection
    let response!: () => ResponseState
    await this.#step(0, async () => {
      response = await this.#ask(story, 120)
      return 'The answer is being written.'
    })
    await this.#step(1, async () => {
      await this.#break({ kind: 'lose' })
      await this.#until(() => response().hasGap)
      return `Ably refused it: ${describeGap(missingIn(response().gaps))}. The answer marks where; the snippet shows nothing.`
    })
    await this.#step(2, async () => {
      await this.#until(() => !response().hasGap)
      // More may have been missing than when the gap opened.
      const { healed } = response()
      return `The agent sent the text again, and the gap is filled${healed ? `: ${healed} characters` : ''}.`
    })
    await this.#step(3, async () => {
      const before = response().text.length
      await this.#break({ kind: 'drop', milliseconds: this.#away })
      await this.#until(() => client.connection.state !== 'connected')
      await this.#until(() => session.getSnapshot().status === 'live' && response().status === 'complete')
      const missed = response().text.length - before
      return `${missed.toLocaleString('en')} characters came meanwhile. All are here; the snippet gets ${this.#parts.snippetWrong().toLocaleString('en')} wrong.`
    })
    await this.#step(4, async () => {
      response = await this.#ask(question, 100)
      await this.#break({ kind: 'kill' })
      await this.#until(() => response().status !== 'streaming')
      return 'It is gone. The answer says that it is not whole.'
    })
    await this.#step(5, async () => {
      const ended = () => response().status !== 'streaming' && response().status !== 'interrupted'
      await this.#until(() => session.getSnapshot().agents.length > 0 && ended())
      if (response().status === 'complete') return 'It went on where it was, and the answer is whole.'
      response = await this.#answer(await session.regenerate(response().id), 0)
      await this.#until(() => response().status === 'complete')
      return 'It could not go on and said so. Regenerate brought the whole answer.'
    })
  }

  /** Steps that do not happen, with a real model for instance, say so; the next ones are tried all the same. */
  async #step(at: number, work: () => Promise<string>): Promise<void> {
    this.#set(at, { state: 'running' })
    try {
      this.#set(at, { state: 'done', told: await work() })
    } catch (error) {
      if (this.#parts.signal.aborted) throw error
      this.#set(at, { state: 'missed', told: (error as Error).message })
    }
  }

  #set(at: number, change: Partial<Step>): void {
    this.#steps[at] = { ...this.#steps[at]!, ...change }
    this.#parts.onChange([...this.#steps])
  }

  async #ask(text: string, length: number): Promise<() => ResponseState> {
    return this.#answer(await this.#parts.connection.session.sendMessage({ text }), length)
  }

  /** Resolves when the answer has as many characters. */
  async #answer(promptId: string, length: number): Promise<() => ResponseState> {
    const { session } = this.#parts.connection
    const answer = () =>
      session
        .getSnapshot()
        .messages.map(({ id, role }) => (role === 'assistant' ? session.getResponse(id) : undefined))
        .findLast((one) => one?.promptId === promptId)
    await this.#until(() => (answer()?.text.length ?? -1) >= length)
    const { id } = answer()!
    return () => session.getResponse(id)!
  }

  async #break(ask: Record<string, unknown>): Promise<void> {
    const { conversation, connection } = this.#parts
    await call('POST', `/conversations/${conversation.id}/faults`, { ...ask, tab: connection.tab })
  }

  #until(condition: () => boolean): Promise<void> {
    return until(condition, { signal: this.#parts.signal, patience })
  }
}
