import { expect, test } from 'vitest'
import { blocks, read } from './blocks.ts'

test('the examples of engines are the files that are run', () => {
  const shown = blocks('docs/engines.md')
  expect(shown.length).toBeGreaterThan(9)
  for (const { code } of shown) {
    const [, path, file] = /^\/\/ (consumers\/\S+)\n([^]*)$/.exec(code) ?? []
    expect(read(path!)).toBe(file)
  }
})
