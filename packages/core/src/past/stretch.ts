/** A stretch of the channel without a gap. */
export interface Stretch {
  /** The attachment whose live messages it ends with. */
  readonly epoch: number
  /** Serial of the oldest message read; `ALL` at the channel's beginning, `NONE` before anything was read. */
  readonly from: string
  /** Serial of its newest message; `NONE` while it grows. */
  readonly to: string
  /** A response whose oldest known message is newer than this begins with it (`HEAD_MARGIN`). */
  readonly heads: string
  /** A prompt newer than this was not published before (`PROMPT_MARGIN`). */
  readonly prompts: string
  /** The attachments whose history was read for it, newest first. The last one goes on before the stretch. */
  readonly readers: readonly Reader[]
  /** The hydrator asked for messages before it (`HistoryReading.enough`). */
  readonly unmet: boolean
  /** It reaches back as far as was asked, so it stays known when continuity is lost. */
  readonly held: boolean
  /** What is older was known and let go, back to this serial: it is to be read again. */
  readonly lost?: string | undefined
}

/** Sorts before every serial, and after. */
export const ALL = ''
export const NONE = '~'

/** How far the history before an attachment was read. */
export interface Reader {
  /** The attachment; negative: messages were let go, and it begins `until` then. */
  readonly epoch: number
  readonly until?: number
  /** Every message that the channel retains was read. */
  readonly exhausted: boolean
}

/**
 * How far a page of history reaches: `oldest`, the oldest serial read; `heads` and `prompts` as in `Stretch`;
 * `exhausted`, the channel retains nothing older.
 */
export interface PageMarks {
  readonly oldest: string
  readonly heads: string
  readonly prompts: string
  readonly exhausted: boolean
}

export function newStretch(epoch: number): Stretch {
  return { epoch, from: NONE, to: NONE, heads: NONE, prompts: NONE, readers: [], unmet: false, held: false }
}

/** Adds a page of a reader's history to the stretch. */
export function withPage(stretch: Stretch, cursor: number, marks: PageMarks): Stretch {
  const { oldest, heads, prompts, exhausted } = marks
  const { lost = ALL } = stretch
  return {
    ...stretch,
    lost: exhausted || oldest <= lost ? undefined : stretch.lost,
    readers: stretch.readers.map((reader) =>
      reader.epoch === cursor ? { ...reader, exhausted: reader.exhausted || exhausted } : reader,
    ),
    from: exhausted ? ALL : lower(stretch.from, oldest),
    heads: exhausted ? ALL : lower(stretch.heads, heads),
    prompts: exhausted ? ALL : lower(stretch.prompts, prompts),
  }
}

/** Joins stretches that touch. */
export function joined(stretches: readonly Stretch[]): Stretch[] {
  const all: Stretch[] = []
  for (const stretch of stretches) {
    const above = all.at(-1)
    if (above && above.from <= stretch.to) all[all.length - 1] = join(above, stretch)
    else all.push(stretch)
  }
  return all
}

function join(above: Stretch, below: Stretch): Stretch {
  return {
    epoch: above.epoch,
    to: above.to,
    from: lower(above.from, below.from),
    heads: lower(above.heads, below.heads),
    prompts: lower(above.prompts, below.prompts),
    readers: [...above.readers, ...below.readers],
    unmet: below.unmet,
    held: true,
    lost: below.lost,
  }
}

/** The older of two serials. */
export const lower = (a: string, b: string): string => (a < b ? a : b)

export const readerOf = ({ readers }: Stretch, cursor: number): Reader | undefined =>
  readers.find(({ epoch }) => epoch === cursor)

/** Whose history ends where the stretch begins to grow, or was let go. */
export const ownReader = (top: Stretch): Reader | undefined =>
  readerOf(top, top.epoch) ?? top.readers.find(({ until }) => until !== undefined)

/** The stretch that a message belongs to; a `live` message belongs to the newest. */
export function stretchAt(stretches: readonly Stretch[], serial: string, live: boolean): Stretch | undefined {
  return live ? stretches[0] : stretches.find(({ from, to }) => from <= serial && serial <= to)
}
