import type { Conversation } from '../response/conversation.ts'
import { keyOf, refOf } from '../response/entry.ts'
import type { MessageList } from '../response/lines.ts'
import type { Structure } from '../response/reduce.ts'
import type { Span } from '../response/span.ts'
import { withoutOldest } from '../past/letGo.ts'
import type { Ledger } from '../past/ledger.ts'
import type { Store } from '../store/store.ts'
import { quoted, RejoinError } from '../types/errors.ts'
import type { MessageRef } from '../types/types.ts'

interface Host {
  readonly store: Store
  readonly conversation: Conversation
  /** Nothing of the past is being read. */
  readonly isAtRest: boolean
  forget(without: (ledger: Ledger, deep: boolean) => Ledger): void
}

type PathOf = (structure: Structure) => MessageList

declare const opaque: unique symbol

/** Which messages a session keeps: `keepNewest(200)`. */
export interface Keep {
  readonly [opaque]: true
}

type MakeKeeper = (host: Host, pathOf: PathOf) => Keeper

export const keeperOf = (keep: Keep | undefined, host: Host, pathOf: PathOf): Keeper | undefined =>
  (keep as unknown as MakeKeeper | undefined)?.(host, pathOf)

/**
 * Option of a session: `createSession({ …, keep: keepNewest(200) })` keeps that many of the newest messages. Older ones
 * are let go, a few at a time, and `hasOlder` is true: `loadOlder()` reads them again. What streams stays, and so does
 * what has a subscriber and all that is newer. It is a value of its own, so that a page without it does not load it.
 */
export function keepNewest(count: number): Keep {
  if (!Number.isInteger(count) || count < 1)
    throw new RejoinError(
      'invalid_argument',
      `unable to keep the newest messages; their number must be whole, at least 1, and is ${quoted(count)}`,
    )
  const make: MakeKeeper = (host, pathOf) => new Keeper(count, host, pathOf)
  return make as unknown as Keep
}

/** Keeps the newest messages whole, and lets older ones go: `loadOlder()` reads them again. */
export class Keeper {
  readonly #host: Host
  readonly #keep: number
  /** How many come before the oldest go: they go together. */
  readonly #slack: number
  readonly #pathOf: PathOf
  #limit: number
  #cuts = 0

  constructor(keep: number, host: Host, pathOf: PathOf) {
    this.#host = host
    this.#keep = keep
    this.#slack = Math.ceil(keep / 4)
    this.#limit = keep + this.#slack
    this.#pathOf = pathOf
    host.conversation.onReturn = (serial) => this.#forget({ oldest: serial, newest: serial, until: 0 })
  }

  /** Older messages were asked for: they stay until as many new ones have come as make others go. */
  async whileLoading(load: () => Promise<void>): Promise<void> {
    this.#limit = Infinity
    try {
      await load()
    } finally {
      this.#limit = Math.max(this.#keep, this.#host.store.messages.length) + this.#slack
    }
  }

  /** Lets go of what is too old, before it shows. */
  trim(structure: Structure): void {
    if (structure.entries.length <= this.#limit || !this.#host.isAtRest) return
    const { length, refs } = this.#pathOf(structure)
    if (length <= this.#limit) return
    const lines = this.#oldest(structure, refs)
    if (lines.size > 0) this.#forget(this.#host.conversation.letGo([...lines]))
    this.#limit = Math.max(this.#keep, length - lines.size) + this.#slack
  }

  #forget({ oldest, newest, until }: Pick<Span, 'oldest' | 'newest' | 'until'>): void {
    const cursor = -++this.#cuts
    this.#host.forget((ledger, restarts) =>
      withoutOldest(ledger, { oldest, newest, until, cursor, restarts }),
    )
  }

  /** The lines before the newest messages, and before what somebody looks at; without those that are not over. */
  #oldest(structure: Structure, shown: readonly MessageRef[]): Set<MessageRef> {
    const { entries } = structure
    const first = shown.at(-this.#keep)
    const going = new Set<MessageRef>()
    for (const entry of entries.from(0)) {
      const ref = refOf(entry)
      if (ref === first || this.#isWatched(ref)) break
      if (!this.#stays(ref, structure)) going.add(ref)
    }
    const goes = new Set([...going].map(keyOf))
    for (const ref of going)
      if (ref.role === 'user' && answersOf(ref.id, structure).some((answer) => !goes.has(keyOf(answer))))
        going.delete(ref)
    return entries.alternatives > 0 ? this.#withHidden(going, structure, shown) : going
  }

  #isWatched({ id, role }: MessageRef): boolean {
    return role === 'assistant' && this.#host.store.isWatched(id)
  }

  #stays({ id, role }: MessageRef, { prompts }: Structure): boolean {
    if (role === 'assistant') return isBusy(this.#host.conversation, id)
    const { told, status } = prompts.get(id)!
    return told.delivery !== 'sent' || status === 'queued' || status === 'answering'
  }

  /** Other versions than those that show go, too, if without the older lines they would show. */
  #withHidden(going: Set<MessageRef>, structure: Structure, before: readonly MessageRef[]): Set<MessageRef> {
    const shown = new Set(before)
    const left = before.filter((ref) => !going.has(ref)).length
    for (;;) {
      const gone = new Map([...going].map((ref) => [keyOf(ref), undefined]))
      const { refs } = this.#pathOf({ ...structure, entries: structure.entries.with(gone) })
      const surplus = refs.filter((ref) => !shown.has(ref))
      // A line would be hidden: only what is older tells that it shows.
      if (refs.length - surplus.length < left) return new Set()
      if (surplus.length === 0) return going
      if (surplus.some((ref) => this.#isWatched(ref) || this.#stays(ref, structure))) return new Set()
      for (const ref of surplus) going.add(ref)
    }
  }
}

/** The answers of a prompt that are there. */
function answersOf(promptId: string, { fates, entries }: Structure): MessageRef[] {
  const answers = fates.get(promptId)?.answers ?? []
  return answers.map(({ id }) => ({ role: 'assistant', id }) as const).filter((ref) => entries.find(ref))
}

/** Whether a response is not over, or something of it is about to be published or read. */
function isBusy({ roster }: Conversation, id: string): boolean {
  const response = roster.known(id)
  if (!response || response.row?.complete) return response?.touched !== undefined
  const { open, touched, needsPast, snapshot } = response
  // A stream without ids has one response, for good.
  const isWanted = open || touched !== undefined || id === roster.continuousId
  return isWanted || (snapshot?.hasGap === true && needsPast)
}
