import type { ChannelSource } from '../ably/openChannel.ts'
import { copied } from '../response/reduce.ts'
import type { RegisteredData, RegisteredTools } from '../types/register.ts'
import type { DataTypes, PromptState, ResponseListener, ResponseState, Tools } from '../types/types.ts'
import { SessionCore } from './core.ts'
import type { ReadingOptions } from './core.ts'
import type { SessionEvents } from './events.ts'
import type { Feature } from './feature.ts'
import type { SessionState } from './state.ts'

export type ReaderOptions = ChannelSource &
  ReadingOptions & {
    /** What to understand beside text, reasoning and prompts: `[toolParts, valueParts, …]`. */
    features?: readonly Feature[]
  }

/** Turns what a channel carries into whole responses, and keeps them whole. Reads only: see `Session`. */
export class Reader<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> {
  /** Hydrated and live. Rejects with a clear error when that cannot be. */
  readonly ready: Promise<void>
  readonly #core: SessionCore

  constructor(core: SessionCore) {
    this.#core = core
    this.ready = core.ready
  }

  getSnapshot = (): SessionState => this.#core.getSnapshot()

  /** Tells of changes to the list, to prompts and to the session's status: never per token. */
  subscribe = (listener: () => void): (() => void) => this.#core.store.subscribe(listener)

  getResponse = (id: string): ResponseState<T, D> | undefined =>
    this.#core.store.getResponse(id) as ResponseState<T, D> | undefined

  /** Tells of changes to one response, at most once per frame, and what they were. */
  subscribeResponse = (id: string, listener: ResponseListener): (() => void) =>
    this.#core.store.subscribeResponse(id, listener)

  getPrompt = (id: string): PromptState | undefined => this.#core.store.getPrompt(id)

  /** Loads what came before the oldest message of the list. Resolves when it shows. */
  loadOlder = (): Promise<void> => this.#core.loadOlder()

  /** Listens to what is not state. Returns how to stop. */
  on = <E extends keyof SessionEvents>(
    event: E,
    listener: (...args: SessionEvents[E]) => void,
  ): (() => void) => this.#core.events.on(event, listener)

  /** How many messages were ignored, since their publishers may not say what they said (PROTOCOL.md §8). */
  get ignored(): number {
    return this.#core.ignored
  }

  /** Publishes what has arrived at once instead of with the next frame. */
  flush = (): void => this.#core.store.flush()

  /** Stops listening. The channel and client stay as they are: they are yours. */
  close = (): void => this.#core.close()
}

/**
 * Opens a reader: attaches, reads the past, and keeps every response whole from then on. Understands text, reasoning,
 * prompts and how responses end, and what `features` add. For pages that count bytes; a chat wants `createSession`.
 */
export function createReader<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData>(
  options: ReaderOptions,
): Reader<T, D> {
  const { features = [] } = options
  return new Reader<T, D>(new SessionCore(options, { features, produce: copied }))
}
