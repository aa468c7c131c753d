import type { Step } from './flow.ts'

/** A unit that an agent may have counted. */
export interface Measure {
  readonly cause: string
  of(step: Step, before: string): number
}

const units =
  "count UTF-16 code units: Python `len(text.encode('utf-16-le')) // 2`, Go `len(utf16.Encode([]rune(text)))`, Swift `text.utf16.count`"
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const points = (text: string): number => Array.from(text).length
const bytes = (text: string): number => Buffer.byteLength(text)
const characters = (text: string): number => [...segmenter.segment(text)].length

/** The right unit. */
export const utf16: Measure = { cause: '', of: ({ text }) => text.length }

/** Wrong units, the likeliest first. */
export const mistaken: readonly Measure[] = [
  { cause: `\`end\` counts code points; ${units}`, of: ({ text }) => points(text) },
  { cause: `\`end\` counts bytes of UTF-8; ${units}`, of: ({ text }) => bytes(text) },
  { cause: `\`end\` counts characters as people see them; ${units}`, of: ({ text }) => characters(text) },
  {
    cause: '`end` is the length of the fragment; give the length of the whole text after it',
    of: ({ given }) => given.length,
  },
  {
    cause: `\`end\` is the length of the fragment, in code points; give the length of the whole text after it, and ${units}`,
    of: ({ given }) => points(given),
  },
  {
    cause: '`end` is where the fragment begins; give the length of the text after it',
    of: (_step, before) => before.length,
  },
]
