import type { ChannelSource } from '../ably/openChannel.ts'
import type { RegisteredData, RegisteredTools } from '../types/register.ts'
import type { DataTypes, PromptState, ResponseListener, ResponseState, Tools } from '../types/types.ts'
import { SessionCore } from './core.ts'
import type { ReadingOptions } from './core.ts'
import type { SessionEvents } from './events.ts'
import type { Feature } from './feature.ts'
import { copied } from './state.ts'
import type { SessionState } from './state.ts'

export type ReaderOptions = ChannelSource &
  ReadingOptions & {
    /** What to understand beside text, reasoning and prompts: `[toolParts, valueParts, …]`. */
    features?: readonly Feature[]
  }

/** Turns a channel's messages into whole responses, and keeps them whole. Read-only; see `Session`. */
export class Reader<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> {
  /** Resolves when the reader is hydrated and live; rejects with the reason if it cannot be. */
  get ready(): Promise<void> {
    return this.#core.ready
  }

  readonly #core: SessionCore

  constructor(core: SessionCore) {
    this.#core = core
  }

  getSnapshot = (): SessionState => this.#core.getSnapshot()

  /** Notifies of changes to the list, prompts and the session's status; never per token. */
  subscribe = (listener: () => void): (() => void) => {
    this.#core.start()
    return this.#core.store.subscribe(listener)
  }

  getResponse = (id: string): ResponseState<T, D> | undefined =>
    this.#core.store.getResponse(id) as ResponseState<T, D> | undefined

  /** Notifies of changes to one response, at most once per frame, and says what changed. */
  subscribeResponse = (id: string, listener: ResponseListener): (() => void) => {
    this.#core.start()
    return this.#core.store.subscribeResponse(id, listener)
  }

  getPrompt = (id: string): PromptState | undefined => this.#core.store.getPrompt(id)

  /** Loads messages older than the oldest in the list. Resolves when they show. */
  loadOlder = (): Promise<void> => this.#core.loadOlder()

  /** Listens to an event. Returns a function that stops listening. */
  on = <E extends keyof SessionEvents>(
    event: E,
    listener: (...args: SessionEvents[E]) => void,
  ): (() => void) => {
    this.#core.start()
    return this.#core.events.on(event, listener)
  }

  /** The number of messages that were ignored because their publishers may not send them (PROTOCOL.md §8). */
  get ignored(): number {
    return this.#core.ignored
  }

  /** Publishes pending changes now instead of with the next frame. */
  flush = (): void => this.#core.store.flush()

  /** Stops listening. The channel and client are yours and stay as they are. */
  close = (): void => this.#core.close()
}

/**
 * Opens a reader: attaches, reads the past, and keeps every response whole from then on. It understands text, reasoning,
 * prompts of one message, the end of responses, and what `features` add. For pages that count bytes; a chat needs `createSession`.
 */
export function createReader<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData>(
  options: ReaderOptions,
): Reader<T, D> {
  const { features = [] } = options
  const core = new SessionCore(options, { features, produce: copied })
  const reader = new Reader<T, D>(core)
  core.begin()
  return reader
}
