import { expect, test } from 'vitest'
import { budget } from '../web/common/markdown/budget.ts'
import { groupsOf, type Piece } from '../web/common/markdown/colourGroups.ts'
import { colour, load } from '../web/common/markdown/languages.ts'
import { splitLines } from '../web/common/markdown/lines.ts'

const textOf = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : textOf(piece.slice(1)))).join('')

const groupsIn = async (language: string, code: string) => {
  await load(language)
  return groupsOf(colour(language, code)!)
}

test('code is coloured', async () => {
  expect(await groupsIn('ts', 'let a = 1')).toEqual([
    [['hljs-keyword', 'let'], ' a = ', ['hljs-number', '1']],
  ])
})

test('groups are those of the lines, whatever goes on from one to the next', async () => {
  const comment = `/*\n${'rope\n'.repeat(2 * budget.lines)}*/`
  for (const code of [comment, '\n'.repeat(3 * budget.lines), `let a = 1\n`.repeat(100), 'let', '']) {
    const groups = await groupsIn('ts', code)
    expect(groups.map(textOf)).toEqual(splitLines(code).map(({ text }) => text))
  }
  const [first, second, third] = await groupsIn('ts', comment)
  for (const group of [first, second, third]) expect(group![0]![0]).toBe('hljs-comment')
})

test('no nesting is too deep', async () => {
  const code = '`${'.repeat(5000)
  const groups = await groupsIn('ts', code)
  expect(groups.map((group) => JSON.stringify(group)).join('').length).toBeGreaterThan(code.length)
  expect(groups.map(textOf).join('')).toBe(code)
})
