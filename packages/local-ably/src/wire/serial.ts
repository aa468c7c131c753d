/**
 * Serials order everything on a channel. They are opaque to clients but compare as strings: 14 digits of milliseconds, a
 * counter within the millisecond, and the series, which names one life of the server's memory.
 */
export interface SerialSource {
  readonly series: string
  /** The next serial: greater than all before it, even when the clock goes back. */
  next(): string
  /** Makes every later serial greater than `serial`, for a restart from a file. */
  advance(serial: string): void
}

export function createSerials(series: string, now: () => number = Date.now): SerialSource {
  let time = 0
  let count = 0
  return {
    series,
    next() {
      const at = now()
      if (at > time) {
        time = at
        count = 0
      } else if (++count > 999) {
        time++
        count = 0
      }
      return `${String(time).padStart(14, '0')}-${String(count).padStart(3, '0')}@${series}`
    },
    advance(serial) {
      const at = serialTime(serial)
      if (at >= time) {
        time = at + 1
        count = 0
      }
    },
  }
}

/** The time of a serial, in milliseconds. */
export const serialTime = (serial: string): number => Number(serial.slice(0, 14))

/** The serial of the `index`-th message of a frame. */
export const messageSerial = (frameSerial: string, index: number): string =>
  `${frameSerial}:${String(index).padStart(3, '0')}`

/** Whether a client's string has the form of a channel serial. */
export const isChannelSerial = (serial: string): boolean => /^\d{14}-\d{3}@[\w-]+(:\d+)?$/.test(serial)

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A random name of letters and digits. `:` would break presence ids. */
export function randomName(length: number): string {
  let name = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) name += alphabet[byte % alphabet.length]
  return name
}
