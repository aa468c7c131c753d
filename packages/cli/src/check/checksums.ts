import { checksum } from '@rejoin/core/protocol'

/** Which common mistake explains the checksum that an agent published for `text`; undefined: none known. */
export function causeOfChecksum(
  got: string,
  text: string,
  others: Record<string, string>,
): string | undefined {
  const right = checksum(text)
  const utf16 = Buffer.from(text, 'utf16le')
  const mistakes: [string, string][] = [
    [right.toUpperCase(), 'its digits are upper case; write them in lower case'],
    [right.replace(/^0+/, ''), 'its leading zeros are missing; pad it to 8 digits'],
    [`0x${right}`, 'it begins with `0x`; write the 8 digits alone'],
    [String(Number.parseInt(right, 16)), 'it is decimal; write 8 hexadecimal digits'],
    [
      String(Number.parseInt(right, 16) | 0),
      'it is a signed decimal; write 8 hexadecimal digits of the unsigned value',
    ],
    [hex(crc(utf16, IEEE)), 'it is of the text in UTF-16; take the CRC-32 of its UTF-8'],
    [hex(crc(Buffer.from(text), CASTAGNOLI)), 'it is CRC-32C; take CRC-32 (IEEE), as zlib and gzip do'],
    [hex(adler(Buffer.from(text))), 'it is Adler-32; take CRC-32 (IEEE)'],
    [checksum(JSON.stringify(text)), 'it is of the JSON text, quotes included; take it of the text itself'],
    ...Object.entries(others).map(([what, other]): [string, string] => [
      checksum(other),
      `it is of ${what}; take it of the whole text of this message or run`,
    ]),
  ]
  return mistakes.find(([wrong]) => wrong === got)?.[1]
}

const IEEE = 0xedb88320
const CASTAGNOLI = 0x82f63b78

function crc(data: Uint8Array, polynomial: number): number {
  let value = -1
  for (const byte of data) {
    value ^= byte
    for (let k = 0; k < 8; k++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
  }
  return ~value >>> 0
}

function adler(data: Uint8Array): number {
  let a = 1
  let b = 0
  for (const byte of data) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return ((b << 16) | a) >>> 0
}

const hex = (value: number): string => value.toString(16).padStart(8, '0')
