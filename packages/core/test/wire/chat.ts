import { AbstractChat } from 'ai'
import type { ChatInit, ChatState, ChatStatus, UIMessage } from 'ai'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { createAgent } from '@rejoin/agent'
import type { Agent, AgentOptions, PromptHandler } from '@rejoin/agent'
import { createChatTransport } from '../../src/ai-sdk/index.ts'
import type { ChatTransportOptions } from '../../src/ai-sdk/index.ts'
import type { Session } from '../../src/index.ts'
import { textOf } from './textOf.ts'
import { Wire } from './wire.ts'

export { textOf }

class State<M extends UIMessage> implements ChatState<M> {
  status: ChatStatus = 'ready'
  error: Error | undefined
  messages: M[]
  /** The last message's text at every change: what a view would have rendered. */
  readonly shown: string[] = []

  constructor(messages: M[]) {
    this.messages = messages
  }

  pushMessage = (message: M): void => {
    this.messages = [...this.messages, message]
    this.note()
  }

  popMessage = (): void => {
    this.messages = this.messages.slice(0, -1)
  }

  replaceMessage = (index: number, message: M): void => {
    // As the bindings do: a message in the list is never mutated.
    this.messages = this.messages.with(index, this.snapshot(message))
    this.note()
  }

  snapshot = <T>(value: T): T => structuredClone(value)

  private note(): void {
    const last = this.messages.at(-1)
    if (last?.role === 'assistant') this.shown.push(textOf(last))
  }
}

/** The AI SDK's chat, as `useChat` has it, without a framework. */
export class TestChat<M extends UIMessage = UIMessage> extends AbstractChat<M> {
  declare protected state: State<M>

  constructor({ messages, ...init }: ChatInit<M>) {
    super({ ...init, state: new State(messages ?? []) })
  }

  get shown(): readonly string[] {
    return this.state.shown
  }
}

export const words = 'The quick brown fox jumps over the lazy dog, then rests in the shade of a tree. '.split(
  /(?<= )/,
)
export const text = words.join('')

/** Lets the event loop turn: what was written leaves in a message of its own. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A server for the tests of one file, agents on it, and chats whose transport is a session. */
export function useChats() {
  let started: Wire
  const agents: Agent[] = []
  beforeAll(async () => {
    started = await Wire.start({ connectionStateTtl: 1_000 })
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    started.release()
  })
  afterAll(() => started.close())

  return {
    get wire() {
      return started
    },
    async agentOn(channelName: string, handler: PromptHandler, options: Partial<AgentOptions> = {}) {
      const agent = createAgent({ client: started.client({ clientId: 'agent' }), channelName, ...options })
      agents.push(agent)
      agent.onPrompt(handler)
      await agent.ready
      return agent
    },
  }
}

export function chatOn(
  session: Session,
  init: ChatInit<UIMessage> = {},
  options?: ChatTransportOptions,
): TestChat {
  return new TestChat({ transport: createChatTransport(session, options), ...init })
}

/** Speaks the words, one at a time. */
export const speak: PromptHandler = async (_prompt, response) => {
  for (const word of words) {
    response.append(word)
    await turn()
  }
}

/** Nothing that was shown is taken back: each state is the one before, and more. */
export function onlyGrew(shown: readonly string[]): boolean {
  return shown.every((now, i) => i === 0 || now.startsWith(shown[i - 1]!))
}
