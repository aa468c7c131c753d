import { AbstractChat } from 'ai'
import type { ChatInit, ChatState, ChatStatus, UIMessage } from 'ai'

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

export function textOf(message: UIMessage | undefined): string {
  return message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? ''
}
