import type { InboundMessage, RealtimeChannel } from 'ably'
import { HistoryReader } from '../ably/historyReader.ts'
import type { Conversation } from '../response/conversation.ts'
import type { Heard } from './heard.ts'
import type { HistoryReading } from './hydrator.ts'
import { isLoading, reads, untilOf } from './ledger.ts'
import type { LedgerStore } from './ledgerStore.ts'
import { NONE } from './stretch.ts'
import type { PageMarks } from './stretch.ts'
import type { Task } from './tasks.ts'

/**
 * A response whose start nothing marks (no stamp, no `start`, no prompt) counts as whole from its start once this many
 * older messages of the channel were read and none belonged to it.
 */
const HEAD_MARGIN = 500

/** A prompt counts as its first publish once this many older messages were read and none belonged to its responses. */
const PROMPT_MARGIN = 50

interface Host {
  /** Makes a change on a task's behalf. */
  apply(task: Task, change: () => void): void
  /** Takes in a message of the past. */
  take(message: InboundMessage): void
}

/** Reads a channel's history page by page, and tells the ledger how far each page reaches. */
export class Pages {
  /** Number of readings so far. */
  readings = 0
  readonly #channel: RealtimeChannel
  readonly #conversation: Conversation
  readonly #heard: Heard
  readonly #ledgers: LedgerStore
  readonly #host: Host
  /** One for each attachment whose history was read. */
  readonly #readers = new Map<number, HistoryReader>()

  constructor(
    channel: RealtimeChannel,
    conversation: Conversation,
    heard: Heard,
    ledgers: LedgerStore,
    host: Host,
  ) {
    this.#channel = channel
    this.#conversation = conversation
    this.#heard = heard
    this.#ledgers = ledgers
    this.#host = host
  }

  /** Reads backwards until the ledger decides to stop. */
  async read(
    task: Task,
    options: HistoryReading,
    how: { from: 'top' | 'bottom'; reached: boolean },
  ): Promise<void> {
    const { limit, maxPages, enough = () => false, older = false } = options
    const { signal } = task.abort
    if (signal.aborted) return
    const reading = ++this.readings
    const more = older && how.from === 'bottom'
    const known = more ? this.#conversation.length : 0
    let next = this.#ledgers.dispatch({ type: 'began', reading, pages: maxPages, more, ...how })
    try {
      while (next?.do === 'read') {
        const { cursor } = next
        const reader = this.#readerOf(cursor)
        const items = await reader.next(limit)
        this.#host.apply(task, () => this.#takePage(reading, cursor, items, enough))
        if (signal.aborted) return
        const conversation = this.#conversation
        const grown = more && (conversation.length > known || conversation.isGrowing)
        next = this.#ledgers.dispatch({ type: 'weighed', reading, needsPast: conversation.needsPast, grown })
      }
    } finally {
      this.#ledgers.dispatch({ type: 'stopped', reading })
    }
  }

  #takePage(
    reading: number,
    cursor: number,
    items: readonly InboundMessage[],
    enough: NonNullable<HistoryReading['enough']>,
  ): void {
    // This page was requested before continuity was lost, and no known stretch adjoins it.
    if (!reads(this.#ledgers.ledger, cursor)) return
    const reader = this.#readerOf(cursor)
    // A page read up to now may be ahead of the live messages: leave the newer ones to live delivery.
    const heard = this.#heard.version
    const ahead = reader.ahead && heard !== ''
    this.apply(ahead ? items.filter(({ serial = '' }) => serial <= heard) : items)
    const oldest = items.at(-1)
    const isEnough = oldest && enough({ serial: oldest.serial ?? '', timestamp: oldest.timestamp ?? 0 })
    this.#ledgers.dispatch({
      type: 'page',
      reading,
      cursor,
      marks: marksOf(reader),
      enough: isEnough ?? false,
    })
  }

  /** The reader of an attachment's history. Only the newest attachment's can be started. */
  #readerOf(epoch: number): HistoryReader {
    let reader = this.#readers.get(epoch)
    if (reader) return reader
    for (const known of this.#readers.keys())
      if (!reads(this.#ledgers.ledger, known)) this.#readers.delete(known)
    const until = untilOf(this.#ledgers.ledger, epoch)
    this.#readers.set(epoch, (reader = new HistoryReader(this.#channel, this.#heard.sawAttach, until)))
    return reader
  }

  /** Applies messages of the channel, newest first. */
  apply(messages: readonly InboundMessage[]): void {
    this.#conversation.gather(() => this.#take(messages))
  }

  #take(messages: readonly InboundMessage[]): void {
    // Oldest first, so that almost every message is appended.
    for (let i = messages.length - 1; i >= 0; i--) {
      const message = messages[i]!
      // After loading, a newer message was read while the connection was away: a gap may precede it.
      if (isLoading(this.#ledgers.ledger)) this.#heard.read(message.serial ?? '')
      this.#host.take(message)
    }
  }
}

function marksOf(reader: HistoryReader): PageMarks {
  return {
    oldest: reader.before(0) ?? NONE,
    heads: reader.before(HEAD_MARGIN) ?? NONE,
    prompts: reader.before(PROMPT_MARGIN) ?? NONE,
    exhausted: reader.exhausted,
  }
}
