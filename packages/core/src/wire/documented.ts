import { readersOf } from '../feature.ts'
import { allFeatures } from '../features.ts'
import type { Codec, NameOptions } from './codec.ts'
import { codecOf } from './codec.ts'
import { textReaders } from './text.ts'

/** The documented patterns, and ours beside them (PROTOCOL.md). */
export function documented(options?: NameOptions): Codec {
  return codecOf({ ...textReaders, ...readersOf(allFeatures) }, options)
}
