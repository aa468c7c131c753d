import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mutants } from './mutants.ts'

const core = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(core, path), 'utf8')

test.each(mutants)('$name: its text stands once in $file', ({ file, from, to, killer }) => {
  expect(read(`src/${file}`).split(from)).toHaveLength(2)
  expect(to).not.toBe(from)
  expect(() => read(`${killer}.test.ts`)).not.toThrow()
})

test('no two mutants have the same name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})
