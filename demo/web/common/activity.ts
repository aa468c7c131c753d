import type { ResponseStatus, Session } from '@rejoin/core'

/** The work in a conversation that can be stopped. */
export interface Busy {
  /** Answers that are being written, or wait for a person. */
  answers: number
  /** Prompts whose answer has not begun. */
  waiting: number
}

/** The statuses that change. */
const open: ReadonlySet<ResponseStatus> = new Set(['streaming', 'suspended', 'interrupted'])

/** Watches the work under way on every branch of a conversation. */
export class Activity {
  readonly #session: Session
  readonly #listeners = new Set<() => void>()
  readonly #watched = new Map<string, { status: ResponseStatus; stop: () => void }>()
  readonly #stop: () => void
  #busy: Busy = { answers: 0, waiting: 0 }

  constructor(session: Session) {
    this.#session = session
    this.#stop = session.subscribe(() => this.#read())
    this.#read()
  }

  /** The same object until it changes. */
  readonly get = (): Busy => this.#busy

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    this.#stop()
    for (const id of this.#watched.keys()) this.#forget(id)
    this.#listeners.clear()
  }

  readonly #read = (): void => {
    const answers = this.#answers()
    const waiting = this.#waiting()
    if (answers === this.#busy.answers && waiting === this.#busy.waiting) return
    this.#busy = { answers, waiting }
    for (const listener of this.#listeners) listener()
  }

  /** Answers that ended stay so; all others are watched. */
  #answers(): number {
    let count = 0
    for (const { id, role } of this.#session.getSnapshot().entries) {
      if (role !== 'assistant') continue
      const status = this.#session.getResponse(id)?.status
      if (status === 'streaming' || status === 'suspended') count++
      if (status && open.has(status)) this.#watch(id, status)
      else this.#forget(id)
    }
    return count
  }

  #watch(id: string, status: ResponseStatus): void {
    const watched = this.#watched.get(id)
    if (watched) return void (watched.status = status)
    const stop = this.#session.subscribeResponse(id, () => {
      // Called for every token: only a change of status is of interest.
      if (this.#session.getResponse(id)?.status !== this.#watched.get(id)?.status) this.#read()
    })
    this.#watched.set(id, { status, stop })
  }

  #forget(id: string): void {
    this.#watched.get(id)?.stop()
    this.#watched.delete(id)
  }

  /** Only at the end of the conversation: one that was left without an answer long ago waits for none. */
  #waiting(): number {
    let count = 0
    for (const { id, role } of this.#session.getSnapshot().entries.toReversed()) {
      const { status, delivery } = (role === 'user' && this.#session.getPrompt(id)) || {}
      if (delivery === 'sent' && (status === 'sent' || status === 'queued')) count++
      else if (role === 'assistant' && !this.#watched.has(id)) break
    }
    return count
  }
}

/** What stands below the conversation while nothing of an answer is there. */
export function describeWaiting({ waiting }: Busy, agents: number): string {
  if (waiting === 0) return ''
  if (agents === 0) return 'The agent is offline. It answers when it is back'
  return waiting === 1 ? 'Waiting for the agent' : `${waiting} messages wait for the agent`
}

export function describeStop({ answers, waiting }: Busy): string {
  if (answers === 0) return waiting > 1 ? `Take ${waiting} messages back` : 'Take the message back'
  return answers === 1 ? 'Stop the answer' : `Stop ${answers} answers`
}
