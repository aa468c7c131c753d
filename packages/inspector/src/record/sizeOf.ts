/** The length of a message's data: characters of a text or of its JSON, bytes of binary data. */
export function sizeOf(data: unknown): number {
  if (data === undefined || data === null) return 0
  if (typeof data === 'string') return data.length
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data.byteLength
  try {
    return JSON.stringify(data)?.length ?? 0
  } catch {
    // Nested too deeply to be written.
    return 0
  }
}

/** A name or an id from the channel, short enough for a line. */
export const short = (text: unknown, length = 60): string => {
  const whole = typeof text === 'string' ? text : ''
  return whole.length > length ? `${whole.slice(0, length - 1)}…` : whole
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`
