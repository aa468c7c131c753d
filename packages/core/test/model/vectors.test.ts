import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RejoinReader } from '../../vectors/rejoinReader.ts'
import { runVector } from '../../vectors/run.ts'
import { loadVectors } from '../../vectors/vector.ts'

const files = loadVectors()

for (const { file, vectors } of files) {
  describe(file, () => {
    test.each(
      vectors.map((vector) => [`${vector.sections.map((s) => `§${s}`).join(' ')} ${vector.name}`, vector]),
    )('%s', async (_name, vector) => {
      expect(await runVector(vector, new RejoinReader(vector))).toEqual([])
    })
  })
}

describe('the vectors', () => {
  const all = files.flatMap(({ vectors }) => vectors)

  test('cover every rule for readers of PROTOCOL.md sections 1 to 5, and cite none that is not there', () => {
    const text = readFileSync(new URL('../../../../PROTOCOL.md', import.meta.url), 'utf8')
    const rules = [...text.matchAll(/(?:^|\. )([1-8]\.\d+) /gm)].map(([, rule]) => rule!)
    expect(rules.length).toBeGreaterThan(25)
    const cited = new Set(all.flatMap((vector) => vector.sections))
    expect(rules.filter((rule) => rule < '6' && !cited.has(rule))).toEqual([])
    expect([...cited].filter((rule) => rule.includes('.') && !rules.includes(rule))).toEqual([])
  })

  test('expect something, and have names of their own', () => {
    for (const vector of all) expect(vector.steps.some((step) => 'expect' in step)).toBe(true)
    expect(new Set(all.map((vector) => vector.name)).size).toBe(all.length)
  })
})
