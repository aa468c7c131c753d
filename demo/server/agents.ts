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
  /** Milliseconds between the agent's exit and its restart. */
  restartAfter: number
}

/** The bundle of agent/main.ts stands beside the server's (scripts/demo.mjs). */
const script = fileURLToPath(new URL('agent.mjs', import.meta.url))

/** Runs the agent in its own process, as in production, so that it can be killed without the server. */
export class AgentProcess {
  readonly #options: Options
  /** Conversations that a restarted agent must listen to again. */
  readonly #open = new Map<string, { conversation: AgentConversation; opened: Promise<void> }>()
  #child: ChildProcess | undefined
  #rpc: Rpc<AgentCalls> | undefined
  #ready: Promise<void> = Promise.resolve()
  #restart: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: Options) {
    this.#options = options
  }

  /** Rejects when the agent cannot connect, for example because of a wrong key. */
  start(): Promise<void> {
    const child = fork(script, { serialization: 'advanced' })
    this.#child = child
    const rpc = createRpc<AgentCalls>(
      {
        // Sending fails while the process exits; the exit handler below fails the open calls.
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
          // Without a connection the process is useless: its exit schedules the next start.
          this.kill()
        })
      }, this.#options.restartAfter)
    })
    const { client, model, longestPrompt } = this.#options
    this.#ready = rpc.call('start', { client, model, longestPrompt })
    for (const entry of this.#open.values()) {
      entry.opened = this.#listen(entry.conversation)
      entry.opened.catch((error: unknown) => {
        // If this process has exited too, the next start opens the conversation again.
        if (this.#rpc === rpc) console.error(`agent: ${messageOf(error)}`)
      })
    }
    return this.#ready
  }

  /**
   * Resolves when the agent listens to the conversation; at once if it already does. Rejects while the agent is down;
   * the next process opens the conversation again.
   */
  async open(conversation: AgentConversation): Promise<void> {
    const known = this.#open.get(conversation.id)
    if (known) return known.opened.catch(() => (known.opened = this.#listen(conversation)))
    const entry = { conversation, opened: this.#listen(conversation) }
    this.#open.set(conversation.id, entry)
    return entry.opened
  }

  /** Stops answering a deleted conversation. */
  async close(conversationId: string): Promise<void> {
    if (!this.#open.delete(conversationId)) return
    // If the agent's process is down, it no longer listens to the conversation anyway.
    await this.#rpc?.call('close', conversationId).catch(() => {})
  }

  async #listen(conversation: AgentConversation): Promise<void> {
    await this.#ready
    if (!this.#rpc) throw new Error('unable to reach the agent; it is starting again')
    await this.#rpc.call('open', conversation)
  }

  /** Kills the agent's process at once, without a chance to clean up. */
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
