import type { Session } from '@rejoin/core'
import type { Connection } from './connect.ts'
import { describeGap, missingIn } from './gaps.ts'

/** Something that happened to the stream, in words. */
export interface Happening {
  id: number
  at: number
  kind: 'gap' | 'healed' | 'discontinuity' | 'finish' | 'error' | 'connection'
  text: string
}

/** From when to when a gap was open, or the connection away. */
export interface Span {
  from: number
  to: number | undefined
  label: string
}

export interface Happened {
  entries: readonly Happening[]
  /** Characters that were filled in, by response. */
  filled: Readonly<Record<string, number | undefined>>
  gaps: readonly Span[]
  away: readonly Span[]
}

/** What happened to a session since the page opened. */
export class Happenings {
  #now: Happened = { entries: [], filled: {}, gaps: [], away: [] }
  readonly #listeners = new Set<() => void>()
  readonly #stops: (() => void)[]
  #count = 0

  constructor({ session, client }: Connection) {
    let connected = client.connection.state === 'connected'
    const onConnection = ({ current }: { current: string }) => {
      const here = current === 'connected'
      if (here && !connected) this.#connected()
      if (!here && connected) {
        this.#change({
          away: [...this.#now.away, { from: Date.now(), to: undefined, label: 'Connection lost' }],
        })
        this.#tell('connection', 'Connection lost.')
      }
      if (current === 'suspended')
        this.#tell('connection', 'The server no longer keeps this connection: the past will be read again.')
      connected = here
    }
    client.connection.on(onConnection)
    this.#stops = [
      () => client.connection.off(onConnection),
      this.#watchGaps(session),
      session.on('discontinuity', () =>
        this.#tell('discontinuity', 'Messages may have been missed: reading the past again.'),
      ),
      session.on('finish', ({ response, isAbort, isError }) => {
        const length = response.text.length.toLocaleString('en')
        this.#tell(
          'finish',
          isAbort
            ? 'The answer was stopped.'
            : isError
              ? 'The agent could not finish.'
              : `The answer is complete: ${length} characters.`,
        )
      }),
      session.on('error', (error) => this.#tell('error', error.message)),
    ]
  }

  readonly get = (): Happened => this.#now

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.#listeners.clear()
  }

  /** Visible gaps, without those of the first reading. */
  #watchGaps(session: Session): () => void {
    const open = new Map<string, OpenGap>()
    let ready = false
    const begin = (responseId: string) => {
      if (!ready || open.has(responseId)) return
      const gap = new OpenGap(session, responseId)
      open.set(responseId, gap)
      this.#change({ gaps: [...this.#now.gaps, gap.span].slice(-50) })
      this.#tell('gap', `A gap in the answer: ${gap.span.label}.`)
    }
    const end = (responseId: string) => {
      const gap = open.get(responseId)
      if (!gap) return
      open.delete(responseId)
      gap.close()
      const before = this.#now.filled[responseId] ?? 0
      const gaps = this.#now.gaps.map((span) =>
        span === gap.span ? { ...span, to: Date.now(), label: describeGap(gap.total) } : span,
      )
      this.#change({ filled: { ...this.#now.filled, [responseId]: before + (gap.total ?? 0) }, gaps })
      this.#tell('healed', 'The full text came: the gap is filled.')
    }
    const beginAll = () => {
      ready = true
      for (const { id } of session.getSnapshot().messages) if (session.getResponse(id)?.hasGap) begin(id)
    }
    session.ready.then(beginAll, beginAll)
    const stops = [
      session.on('gap', ({ responseId }) => begin(responseId)),
      session.on('healed', ({ responseId }) => end(responseId)),
    ]
    return () => {
      for (const stop of stops) stop()
      for (const gap of open.values()) gap.close()
    }
  }

  #connected(): void {
    this.#change({ away: this.#now.away.map((span) => ({ ...span, to: span.to ?? Date.now() })).slice(-50) })
    this.#tell('connection', 'Connected.')
  }

  #tell(kind: Happening['kind'], text: string): void {
    const entry = { id: ++this.#count, at: Date.now(), kind, text }
    this.#change({ entries: [entry, ...this.#now.entries].slice(0, 30) })
  }

  #change(change: Partial<Happened>): void {
    this.#now = { ...this.#now, ...change }
    for (const listener of this.#listeners) listener()
  }
}

/** The gaps of one response, from the first to the last: they may grow, and be filled one by one. */
class OpenGap {
  readonly span: Span
  readonly close: () => void
  #missing: number | undefined
  #filled = 0

  constructor(session: Session, responseId: string) {
    const missing = () => missingIn(session.getResponse(responseId)?.gaps ?? [])
    this.#missing = missing()
    this.span = { from: Date.now(), to: undefined, label: describeGap(this.#missing) }
    this.close = session.subscribeResponse(responseId, () => {
      const now = missing()
      if (now === undefined || this.#missing === undefined) this.#missing = undefined
      else {
        this.#filled += Math.max(0, this.#missing - now)
        this.#missing = now
      }
    })
  }

  /** Characters that were missing at one time or another; `undefined` where the stream did not tell. */
  get total(): number | undefined {
    return this.#missing === undefined ? undefined : this.#filled + this.#missing
  }
}
