import type { Gap } from '../types/types.ts'
import { markdownPlaceOf } from './markdownPlace.ts'

/** Marks of gaps and citations to put into a Markdown text. */
export interface Marks {
  readonly gaps?: readonly Gap[]
  /** Each after its first `at` UTF-16 code units of the text. */
  readonly citations?: readonly { readonly at: number; readonly number: number }[]
}

/** A mark in rendered text: where a gap may begin, where its range ends, or a citation. */
export type Mark =
  | { readonly type: 'gap' | 'gap-end'; /** Which of the `gaps`. */ readonly index: number }
  | { readonly type: 'citation'; readonly number: number }

/** Private-use characters, which a Markdown parser treats as letters everywhere. */
const open = '\uE0F0'
const close = '\uE0F1'
const types = { g: 'gap', e: 'gap-end', c: 'citation' } as const
/** Parsers percent-encode the characters in addresses. */
const pattern = /(?:\uE0F0|%EE%83%B0)([gec])(\d+)(?:\uE0F1|%EE%83%B1)/gi

/**
 * Puts marks into a Markdown text, each at its place or at the nearest one that breaks no syntax. Render the result,
 * then remove the marks from rendered texts with `splitMarks` and from addresses with `withoutMarks`.
 */
export function withMarks(text: string, { gaps = [], citations = [] }: Marks): string {
  // Replace these characters in the model's own text.
  const clean = text.replace(/[\uE0F0\uE0F1\0]/g, '\uFFFD')
  const placeOf = (at: number): number => markdownPlaceOf(clean, at)
  const places = [
    ...gaps.map(({ from }, i) => ({ at: placeOf(from), mark: `${open}g${i}${close}` })),
    // A nearer place for the end may lie before that of the beginning.
    ...gaps.map(({ from, to }, i) => ({
      at: Math.max(placeOf(from), placeOf(to)),
      mark: `${open}e${i}${close}`,
    })),
    ...citations.map(({ at, number }) => ({ at: placeOf(at), mark: `${open}c${number}${close}` })),
  ].sort((a, b) => a.at - b.at)
  let result = ''
  let from = 0
  for (const { at, mark } of places) {
    result += clean.slice(from, at) + mark
    from = Math.max(from, at)
  }
  return result + clean.slice(from)
}

/** Cuts a rendered text at its marks. Text between `gap` and `gap-end` of an index is uncertain. */
export function splitMarks(text: string): (string | Mark)[] {
  const pieces: (string | Mark)[] = []
  let from = 0
  for (const { 0: whole, 1: kind, 2: digits, index } of text.matchAll(pattern)) {
    if (index > from) pieces.push(text.slice(from, index))
    const type = types[kind!.toLowerCase() as keyof typeof types]
    pieces.push(type === 'citation' ? { type, number: Number(digits) } : { type, index: Number(digits) })
    from = index + whole.length
  }
  if (from < text.length) pieces.push(text.slice(from))
  return pieces
}

/** A text or an address without its marks. */
export function withoutMarks(text: string): string {
  return text.replace(pattern, '')
}

export function hasMarks(text: string): boolean {
  return text.includes(open)
}
