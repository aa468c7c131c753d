import type { Codec, NameOptions } from './codec.ts'
import { codecOf } from './codec.ts'
import { summaryReaders } from './summary.ts'
import { textReaders } from './text.ts'
import { toolReaders } from './tools.ts'
import { valueReaders } from './values.ts'

/** The documented patterns, and ours beside them (PROTOCOL.md): all of them. */
export function documented(options?: NameOptions): Codec {
  return codecOf({ ...textReaders, ...toolReaders, ...valueReaders, ...summaryReaders }, options)
}
