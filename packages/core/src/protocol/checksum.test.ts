import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checksum } from './checksum.ts'

/** Bit by bit, over the bytes. */
function plainChecksum(text: string): string {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text, 'utf8')) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (~crc >>> 0).toString(16).padStart(8, '0')
}

test('is the CRC-32 of the UTF-8 bytes, whichever characters a text begins with', () => {
  expect(checksum('123456789')).toBe('cbf43926')
  const text = fc.string({
    unit: fc.constantFrom('a', '~', '\u007f', '\u0080', 'é', '€', '😀', '\ud800', '\udc00'),
  })
  fc.assert(
    fc.property(text, (one) => {
      expect(checksum(one)).toBe(plainChecksum(one))
    }),
  )
})
