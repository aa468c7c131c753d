/** CRC-32 (IEEE 802.3) of the text's UTF-8 bytes, as 8 lower-case hex digits (PROTOCOL.md §4). */
export function checksum(text: string): string {
  const bytes = table()
  let crc = -1
  let i = 0
  // Most texts are of ASCII, whose characters are their bytes: that saves a copy.
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) break
    crc = (crc >>> 8) ^ bytes[(crc ^ code) & 255]!
  }
  const rest = i < text.length ? new TextEncoder().encode(text.slice(i)) : []
  for (const byte of rest) crc = (crc >>> 8) ^ bytes[(crc ^ byte) & 255]!
  return ((crc ^ -1) >>> 0).toString(16).padStart(8, '0')
}

let cached: Int32Array | undefined

/** Built on first use, so that importing this module does no work. */
function table(): Int32Array {
  if (cached) return cached
  cached = new Int32Array(256)
  for (let n = 0; n < 256; n++) {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
    cached[n] = c
  }
  return cached
}
