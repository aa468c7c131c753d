import { describe, expect, test } from 'vitest'
import { GrowingColours } from '../web/common/markdown/growingColours.ts'

/** Colours whose tree is the code itself, and what was coloured. */
function counted() {
  const coloured: string[] = []
  const colours = new GrowingColours<string>((language, code) => {
    if (language === 'unknown') return undefined
    coloured.push(code)
    return [code]
  })
  return { colours, coloured }
}

const line = 'let rope = 1\n'

describe('colours of code that grows', () => {
  test('shows every character at all times; work is linear in the length', () => {
    const { colours, coloured } = counted()
    const code = line.repeat(800)
    for (let length = 1; length <= code.length; length += 7) {
      const { tree, rest } = colours.of('javascript', code.slice(0, length), true)!
      expect(tree.join('') + rest).toBe(code.slice(0, length))
    }
    expect(coloured.join('').length).toBeLessThan(12 * code.length)
  })

  test('code that is whole has all its colours, once', () => {
    const { colours, coloured } = counted()
    colours.of('javascript', line, true)
    expect(colours.of('javascript', `${line}more`, true)).toEqual({ tree: [line], rest: 'more' })
    for (let times = 0; times < 3; times++)
      expect(colours.of('javascript', `${line}more`, false)).toEqual({ tree: [`${line}more`], rest: '' })
    expect(coloured).toEqual([line, `${line}more`])
  })

  test('codes that grow at the same time do not disturb each other, nor do languages', () => {
    const { colours, coloured } = counted()
    for (let times = 1; times < 5; times++)
      for (const language of ['python', 'bash', 'sql']) colours.of(language, line.repeat(times), true)
    expect(coloured).toEqual([line, line, line])
    expect(colours.of('unknown', line, true)).toBeUndefined()
  })

  test('another code with the same beginning is another', () => {
    const { colours } = counted()
    colours.of('python', line + line, false)
    expect(colours.of('python', line, false)).toEqual({ tree: [line], rest: '' })
    expect(colours.of('python', `${line}other`, false)).toEqual({ tree: [`${line}other`], rest: '' })
  })
})
