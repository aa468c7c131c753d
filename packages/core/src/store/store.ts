import type { Conversation } from '../response/conversation.ts'
import { LIVE } from '../response/response.ts'
import type { Response } from '../response/response.ts'
import type { Schedule } from './frame.ts'
import type { MessageList } from '../response/lines.ts'
import { added } from '../types/same.ts'
import { emptyStructure } from '../response/reduce.ts'
import type { Structure } from '../response/reduce.ts'
import type { PromptState, ResponseChange, ResponseListener, ResponseState } from '../types/types.ts'

/** A response before and after a publish that changed its status, or whether it has a gap. */
export interface Transition {
  readonly before: ResponseState | undefined
  /** `undefined`: all of it was taken back. */
  readonly now: ResponseState | undefined
  /** All that is known of it came live since the last publish. */
  readonly isLive: boolean
}

/** The subscribers of a response: another array whenever they change. */
interface Watch {
  listeners: readonly ResponseListener[]
}

/** What the subscribers of a response are to be told. */
interface News {
  readonly changes: ResponseChange[]
  readonly watch: Watch
}

interface Hooks {
  schedule: Schedule
  /** Chooses the messages that show; default: all. */
  pathOf?: ((structure: Structure) => MessageList) | undefined
  /** Called before changes are published. */
  onFlush(): void
  /** The conversation has changed, and is about to show. */
  onStructure?: ((structure: Structure) => void) | undefined
  /** Called after everybody was notified. */
  onTransitions(transitions: readonly Transition[]): void
  onListenerError(error: unknown): void
}

/** Most frames only make texts longer, and few responses have subscribers. `added` makes a list of its own. */
const nothing: never[] = []

/**
 * Publishes the conversation as immutable snapshots, once per frame, each to its own subscribers. Changes made by a
 * reading of the past are held back until the reading ends, and then published once. Live text is never held.
 */
export class Store {
  readonly conversation: Conversation
  messages: MessageList = emptyStructure.entries.shown
  entries: MessageList = emptyStructure.entries.shown
  /** A response is being written. */
  isStreaming = false
  /** Responses that are being written, as they show. */
  readonly #streaming = new Set<string>()
  #pathChanged = false
  #structure = emptyStructure
  readonly #hooks: Hooks
  readonly #watches = new Map<string, Watch>()
  readonly #listListeners = new Set<() => void>()
  /** Readings under way. */
  readonly #holds = new Set<number>()
  #count = 0
  #listIsLive = false
  #outsideChanged = false
  #cancel: (() => void) | undefined
  #scheduled = false

  constructor(conversation: Conversation, hooks: Hooks) {
    this.conversation = conversation
    this.#hooks = hooks
  }

  getResponse(id: string): ResponseState | undefined {
    return this.#ask(id)?.snapshot
  }

  #ask(id: string): Response | undefined {
    return this.conversation.ask(
      id,
      () => this.#structure.entries.find({ role: 'assistant', id }) !== undefined,
    )
  }

  /** Without making the response of a row: rows are of answers that are over. */
  getResponsePromptId(id: string): string | null | undefined {
    const { conversation } = this
    const known = conversation.responses.get(id)
    const entry = this.#structure.entries.find({ role: 'assistant', id: known?.id ?? id })
    return entry && (entry.promptId ?? (known?.open ? undefined : null))
  }

  getPrompt(id: string): PromptState | undefined {
    return this.#structure.prompts.get(id)?.state
  }

  /** The list and the prompts, as they show. */
  get structure(): Structure {
    return this.#structure
  }

  subscribe(listener: () => void): () => void {
    this.#listListeners.add(listener)
    return () => this.#listListeners.delete(listener)
  }

  subscribeResponse(name: string, listener: ResponseListener): () => void {
    const id = this.#ask(name)?.id ?? name
    const watch = this.#watches.get(id) ?? { listeners: [] }
    this.#watches.set(id, watch)
    if (!watch.listeners.includes(listener)) watch.listeners = watch.listeners.concat(listener)
    return () => {
      watch.listeners = watch.listeners.filter((one) => one !== listener)
      if (watch.listeners.length === 0 && this.#watches.get(id) === watch) this.#watches.delete(id)
    }
  }

  /** Whether a response has subscribers. */
  isWatched(id: string): boolean {
    return this.#watches.has(id)
  }

  /** Something live changed: publishes it with the next frame, or now. */
  changed(urgency: 'frame' | 'now' = 'frame'): void {
    this.#listIsLive ||= this.conversation.isAheadOf(this.#structure)
    if (urgency === 'now') this.flush()
    else this.#schedule()
  }

  /** Session state other than the list changed: notifies the list's subscribers. */
  stateChanged(): void {
    this.#outsideChanged = true
    this.#schedule()
  }

  /** Holds back a reading's changes. Returns the reading's number, for `Conversation.reading`. */
  hold(): number {
    this.#holds.add(++this.#count)
    return this.#count
  }

  /** The reading has ended: publishes its changes. */
  release(reading: number): void {
    if (this.#holds.delete(reading)) this.changed('now')
  }

  /** The reading was given up: another one holds its changes from now on. */
  handOver(reading: number, to: number): void {
    this.#holds.delete(reading)
    this.conversation.handOver(reading, to)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    const cancel = this.#hooks.schedule(this.flush)
    // A schedule may flush before it returns; then there is nothing to cancel.
    if (this.#scheduled) this.#cancel = cancel
  }

  readonly flush = (): void => {
    this.#hooks.onFlush()
    this.#showShelved()
    this.#scheduled = false
    this.#cancel?.()
    this.#cancel = undefined
    const { news, transitions, streams } = this.#publish()
    const streamingChanged = this.#refreshStreaming(streams)
    const tellList = this.#refreshList() || streamingChanged || this.#outsideChanged
    this.#outsideChanged = false
    for (const { changes, watch } of news) this.#tellAll(watch, changes)
    if (tellList) for (const listener of this.#listListeners) this.#tell(listener, undefined)
    if (transitions.length > 0) this.#hooks.onTransitions(transitions)
  }

  /** Makes the snapshots of what changed, but for what a reading holds back. */
  #publish(): { news: readonly News[]; transitions: readonly Transition[]; streams: boolean } {
    const { conversation } = this
    const { dirty } = conversation
    conversation.dirty = []
    let news: News[] = nothing
    let transitions: Transition[] = nothing
    let streams = false
    for (const response of dirty) {
      if (this.#holds.size > 0 && this.#holds.has(response.touched!)) {
        conversation.dirty.push(response)
        continue
      }
      const isLive = response.isLive && response.touched === LIVE
      response.touched = undefined
      if (response.withheld) continue
      const watch = this.#watches.get(response.id)
      const longer = response.lengthen()
      if (longer) {
        // All else is as before.
        streams = true
        if (watch) news = added(news, { changes: [longer], watch })
        continue
      }
      const before = response.snapshot
      const changes = conversation.publish(response)
      if (!changes) continue
      const { id, snapshot: now } = response
      const isStreaming = now?.status === 'streaming'
      streams ||= isStreaming
      if (before?.status !== now?.status) {
        if (isStreaming) this.#streaming.add(id)
        else this.#streaming.delete(id)
      }
      if (before?.serial !== now?.serial || !before) this.#listIsLive = true
      if (watch) news = added(news, { changes, watch })
      if (before?.status !== now?.status || before?.hasGap !== now?.hasGap)
        transitions = added(transitions, { before, now, isLive: isLive && !before })
    }
    return { news, transitions, streams }
  }

  #showShelved(): void {
    const { shelf } = this.conversation
    if (shelf?.holds && shelf.show(this.#holds, this.#watches)) this.#listIsLive = true
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#watches.clear()
    this.#listListeners.clear()
  }

  /** Returns whether the first response that streams began, or the last one ended. */
  #refreshStreaming(streams: boolean): boolean {
    // One that streams is enough to know.
    if (streams && this.isStreaming) return false
    for (const id of this.#streaming)
      if (this.conversation.responses.get(id)?.snapshot?.status === 'streaming') break
      else this.#streaming.delete(id)
    const isStreaming = this.#streaming.size > 0
    if (isStreaming === this.isStreaming) return false
    this.isStreaming = isStreaming
    return true
  }

  /** Returns whether the list or one of its prompts changed. */
  #refreshList(): boolean {
    const { conversation } = this
    const before: Structure = this.#structure
    if (conversation.isAheadOf(before) && (this.#holds.size === 0 || this.#listIsLive)) {
      this.#listIsLive = false
      this.#hooks.onStructure?.(conversation.structure)
      this.#structure = conversation.structure
    }
    if (this.#pathChanged || before.entries !== this.#structure.entries) return this.#showList()
    return before !== this.#structure
  }

  /** Another branch was selected. */
  showPath(): void {
    this.#pathChanged = true
    this.changed('now')
  }

  #showList(): boolean {
    this.#pathChanged = false
    const entries = this.#structure.entries.shown
    const messages = this.#hooks.pathOf?.(this.#structure) ?? entries
    this.entries = entries
    this.messages = messages
    return true
  }

  /** Those who were there, but for who has left meanwhile. */
  #tellAll(watch: Watch, changes: ResponseChange[]): void {
    const { listeners } = watch
    for (let i = 0; i < listeners.length; i++)
      if (watch.listeners === listeners || watch.listeners.includes(listeners[i]!))
        this.#tell(listeners[i]!, changes)
  }

  /** A listener that throws stops neither the session nor other listeners. */
  #tell<T>(listener: (news: T) => void, news: T): void {
    try {
      listener(news)
    } catch (error) {
      this.#hooks.onListenerError(error)
    }
  }
}
