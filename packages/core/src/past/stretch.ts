/** A stretch of the channel without a gap in it. */
export interface Stretch {
  /** The attachment whose live messages it ends with. */
  readonly epoch: number
  /** Serial of the oldest message read; `ALL` at the channel's beginning, `NONE` before anything was read. */
  readonly from: string
  /** Serial of its newest message; `NONE` while it grows. */
  readonly to: string
  /** A response whose oldest message is newer than this begins there (`HEAD_MARGIN`). */
  readonly heads: string
  /** A prompt newer than this was not published before (`PROMPT_MARGIN`). */
  readonly prompts: string
  /** Whose history was read for it, newest attachment first: the last one goes on where the stretch begins. */
  readonly readers: readonly Reader[]
  /** The hydrator asked for what comes before it (`HistoryReading.enough`). */
  readonly unmet: boolean
  /** It reaches back as far as was asked: it stays known when continuity is lost. */
  readonly held: boolean
}

/** Sorts before every serial, and after. */
export const ALL = ''
export const NONE = '~'

/** Reading the history before an attachment. */
export interface Reader {
  readonly epoch: number
  /** All that the channel retains was read. */
  readonly exhausted: boolean
}

/**
 * What a page of history tells: `oldest`, the oldest serial read; `heads` and `prompts` as in `Stretch`; `exhausted`,
 * the channel retains nothing older.
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

/** The stretch with a page of a reader's history. */
export function withPage(stretch: Stretch, cursor: number, marks: PageMarks): Stretch {
  const { oldest, heads, prompts, exhausted } = marks
  return {
    ...stretch,
    readers: stretch.readers.map((reader) =>
      reader.epoch === cursor ? { ...reader, exhausted: reader.exhausted || exhausted } : reader,
    ),
    from: exhausted ? ALL : lower(stretch.from, oldest),
    heads: exhausted ? ALL : lower(stretch.heads, heads),
    prompts: exhausted ? ALL : lower(stretch.prompts, prompts),
  }
}

/** Stretches that touch are one. */
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
  }
}

/** The older of two serials. */
export const lower = (a: string, b: string): string => (a < b ? a : b)

export const readerOf = ({ readers }: Stretch, cursor: number): Reader | undefined =>
  readers.find(({ epoch }) => epoch === cursor)

/** The stretch that a message belongs to; one that is heard `live` belongs to the newest. */
export function stretchAt(stretches: readonly Stretch[], serial: string, live: boolean): Stretch | undefined {
  return live ? stretches[0] : stretches.find(({ from, to }) => from <= serial && serial <= to)
}
