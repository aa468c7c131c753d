export type Lane = 'gap' | 'away' | 'agent'

/** From when to when a gap was open, the connection away, or an agent there. */
export interface Span {
  readonly lane: Lane
  /** Which one: of a lane, one span with this key is open at a time. */
  readonly key: string
  readonly from: number
  to: number | undefined
  label: string
}

const MAX_SPANS = 200

/** The newest spans of time, up to a maximum number. */
export class Spans {
  readonly all: Span[] = []

  begin(lane: Lane, key: string, label: string, from: number): void {
    if (this.open(lane, key)) return
    this.all.push({ lane, key, label, from, to: undefined })
    if (this.all.length > MAX_SPANS) this.all.shift()
  }

  open(lane: Lane, key: string): Span | undefined {
    return this.all.findLast((span) => span.lane === lane && span.key === key && span.to === undefined)
  }

  /** Returns the span that ended, if it was open. */
  end(lane: Lane, key: string, to: number, label?: string): Span | undefined {
    const span = this.open(lane, key)
    if (!span) return undefined
    span.to = to
    if (label !== undefined) span.label = label
    return span
  }

  endAll(to: number): void {
    for (const span of this.all) span.to ??= to
  }

  /** Forgets spans that have ended. */
  clear(): void {
    const open = this.all.filter(({ to }) => to === undefined)
    this.all.splice(0, this.all.length, ...open)
  }
}
