/** CRC-32 (IEEE) of the text's UTF-8, as eight hexadecimal digits. */
export function crc32(text) {
  let crc = -1
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (~crc >>> 0).toString(16).padStart(8, '0')
}
