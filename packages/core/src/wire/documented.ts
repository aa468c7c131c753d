import type { Codec, NameOptions } from './codec.ts'
import { codecOf } from './codec.ts'
import { promptStatusReaders } from './promptStatus.ts'
import { promptTextReaders } from './promptTexts.ts'
import { summaryReaders } from './summary.ts'
import { textReaders } from './text.ts'
import { toolReaders } from './tools.ts'
import { pieceReaders, valueReaders } from './values.ts'

/** Every documented pattern, and our additions (PROTOCOL.md). */
export function documented(options?: NameOptions): Codec {
  const readers = {
    ...textReaders,
    ...promptStatusReaders,
    ...promptTextReaders,
    ...toolReaders,
    ...valueReaders,
    ...pieceReaders,
    ...summaryReaders,
  }
  return codecOf(readers, options)
}
