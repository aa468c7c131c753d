/** The fate of a message: delivered by the channel, or as the app reported its publish. */
export type Fate = 'arrived' | 'past' | 'ignored' | 'waiting' | 'stored' | 'refused'

/** The messages of one fate in one stretch of time. */
export interface Beat {
  fate: Fate
  at: number
  count: number
  /** Characters. */
  size: number
}

/** Length of a stretch, in milliseconds. */
export const BEAT = 250
/** How far back one can look, in milliseconds. */
export const LONGEST = 300_000

const SLOTS = LONGEST / BEAT

type Slot = Map<Fate, Beat>

/** How many messages came when. Takes the room of five minutes, whatever the rate. */
export class Beats {
  readonly #slots: { at: number; beats: Slot }[] = Array.from({ length: SLOTS }, () => ({
    at: -1,
    beats: new Map(),
  }))

  add(at: number, fate: Fate, size: number, count = 1): void {
    const start = Math.floor(at / BEAT) * BEAT
    const slot = this.#slots[(start / BEAT) % SLOTS]!
    // A time older than the slot's present one has left the picture.
    if (slot.at > start) return
    if (slot.at < start) {
      slot.at = start
      slot.beats.clear()
    }
    const beat = slot.beats.get(fate)
    if (beat) {
      beat.count += count
      beat.size += size
    } else slot.beats.set(fate, { fate, at: start, count, size })
  }

  /** The beats since a time, joined where they fall into the same `stretch` of milliseconds. */
  since(from: number, to: number, stretch = BEAT): Beat[] {
    const joined = new Map<string, Beat>()
    for (let start = Math.floor(from / BEAT) * BEAT; start <= to; start += BEAT) {
      const slot = this.#slots[(start / BEAT) % SLOTS]!
      if (slot.at !== start) continue
      for (const { fate, count, size } of slot.beats.values()) {
        if (count === 0) continue
        const at = Math.floor(start / stretch) * stretch
        const beat = joined.get(`${at} ${fate}`)
        if (beat) {
          beat.count += count
          beat.size += size
        } else joined.set(`${at} ${fate}`, { fate, at, count, size })
      }
    }
    return [...joined.values()]
  }

  clear(): void {
    for (const slot of this.#slots) slot.at = -1
  }
}
