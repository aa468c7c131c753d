import type { Connection } from './connect.ts'
import { describeGap } from './gaps.ts'

/** Something that happened to the stream, in words. */
export interface Happening {
  id: number
  at: number
  kind: 'gap' | 'healed' | 'discontinuity' | 'finish' | 'error' | 'connection'
  text: string
}

/** From when to when a hole was open, or the connection away. */
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
    const open = new Map<string, { missing: number; span: Span }>()
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
        this.#tell('connection', 'The server has forgotten this connection; the past will be read again.')
      connected = here
    }
    client.connection.on(onConnection)
    this.#stops = [
      () => client.connection.off(onConnection),
      session.on('gap', ({ responseId, gaps }) => {
        const missing = gaps.reduce((sum, gap) => sum + (gap.missing ?? 0), 0)
        const span: Span = { from: Date.now(), to: undefined, label: describeGap(missing || undefined) }
        open.set(responseId, { missing, span })
        this.#change({ gaps: [...this.#now.gaps, span].slice(-50) })
        this.#tell('gap', `A hole in the answer: ${span.label}.`)
      }),
      session.on('healed', ({ responseId }) => {
        const healed = open.get(responseId)
        open.delete(responseId)
        const filled = {
          ...this.#now.filled,
          [responseId]: (this.#now.filled[responseId] ?? 0) + (healed?.missing ?? 0),
        }
        const gaps = this.#now.gaps.map((span) =>
          span === healed?.span ? { ...span, to: Date.now() } : span,
        )
        this.#change({ filled, gaps })
        this.#tell('healed', 'The full text came: the hole is filled.')
      }),
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
