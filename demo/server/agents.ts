import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ClientOptions } from 'ably'
import type { AgentCalls, AgentConversation, ServerCalls } from '../common/link.ts'
import { createRpc, type Rpc } from '../common/rpc.ts'
import type { ModelConfig } from './config.ts'
import { messageOf } from './problem.ts'

interface Options {
  client: ClientOptions
  model: ModelConfig
  longestPrompt: number
  calls: ServerCalls
  /** How long after its death the agent is started again, in milliseconds. */
  restartAfter?: number
}

const script = fileURLToPath(new URL('../agent/main.ts', import.meta.url))

/** The agent runs in a process of its own, as it would on a server of its own, so that it can die alone. */
export class AgentProcess {
  readonly #options: Options
  /** Conversations that a new process has to listen to again. */
  readonly #open = new Map<string, { conversation: AgentConversation; opened: Promise<void> }>()
  #child: ChildProcess | undefined
  #rpc: Rpc<AgentCalls> | undefined
  #ready: Promise<void> = Promise.resolve()
  #restart: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: Options) {
    this.#options = options
  }

  /** Rejects when the agent cannot connect: a wrong key, a service that does not answer. */
  start(): Promise<void> {
    const child = fork(script, { serialization: 'advanced' })
    this.#child = child
    const rpc = createRpc<AgentCalls>(
      {
        // A message to a process that just died is lost with it: its exit is handled below.
        send: (message) => void child.send(message as object, () => {}),
        listen: (receive) => child.on('message', receive),
      },
      this.#options.calls,
    )
    this.#rpc = rpc
    child.on('error', (error) => console.error(`agent: ${messageOf(error)}`))
    child.on('exit', () => {
      rpc.close('unable to reach the agent; its process has ended')
      this.#child = undefined
      this.#rpc = undefined
      if (this.#closed) return
      this.#restart = setTimeout(() => {
        this.start().catch((error: unknown) => {
          console.error(`agent: ${messageOf(error)}`)
          // One that could not connect is of no use: its end has the next one started.
          this.kill()
        })
      }, this.#options.restartAfter ?? 3000)
    })
    const { client, model, longestPrompt } = this.#options
    this.#ready = rpc.call('start', { client, model, longestPrompt })
    for (const entry of this.#open.values()) {
      entry.opened = this.#listen(entry.conversation)
      entry.opened.catch((error: unknown) => {
        // A process that died again says so by itself; the next one opens what is open.
        if (this.#rpc === rpc) console.error(`agent: ${messageOf(error)}`)
      })
    }
    return this.#ready
  }

  /**
   * Resolves when the agent listens; a conversation it listens to already costs nothing. Rejects while the agent is
   * dead: the next process opens what is open.
   */
  async open(conversation: AgentConversation): Promise<void> {
    const known = this.#open.get(conversation.id)
    if (known) return known.opened.catch(() => (known.opened = this.#listen(conversation)))
    const entry = { conversation, opened: this.#listen(conversation) }
    this.#open.set(conversation.id, entry)
    return entry.opened
  }

  /** Ends the agent of a conversation that is deleted, and its answers. */
  async close(conversationId: string): Promise<void> {
    if (!this.#open.delete(conversationId)) return
    // An agent that is dead, or dies meanwhile, has closed it as well.
    await this.#rpc?.call('close', conversationId).catch(() => {})
  }

  async #listen(conversation: AgentConversation): Promise<void> {
    await this.#ready
    if (!this.#rpc) throw new Error('unable to reach the agent; it is starting again')
    await this.#rpc.call('open', conversation)
  }

  /** Ends the agent without giving it time for a word. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    const child = this.#child
    if (!child) return
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      if (child.connected) child.disconnect()
      setTimeout(() => child.kill('SIGKILL'), 2000).unref()
    })
  }
}
