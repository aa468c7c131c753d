import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './blocks.ts'

/** Rows of SECURITY.md that name a test: `[label](file): *name of the test*`. */
const rows = [
  ...readFileSync(join(root, 'SECURITY.md'), 'utf8').matchAll(/\]\(([^)]+\.test\.ts)\): \*([^*]+)\*/g),
].map(([, file, name]) => [file!, name!] as const)

test('SECURITY.md names tests', () => expect(rows.length).toBeGreaterThan(20))

test.each(rows)('%s has a test: %s', (file, name) => {
  const source = readFileSync(join(root, file), 'utf8').replaceAll("\\'", "'")
  expect(source).toContain(name)
})
