// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { warmFonts } from '../web/common/warmFonts.ts'

afterEach(() => vi.unstubAllGlobals())

test('fonts are looked for one at a time, those of the languages a person reads first; nothing stays', () => {
  let steps: (() => void)[] = []
  vi.stubGlobal('requestIdleCallback', (step: () => void) => steps.push(step))
  vi.stubGlobal('navigator', { languages: ['th-TH', 'en'] })
  warmFonts()
  const seen: string[] = []
  while (steps.length > 0) {
    const [step, ...others] = steps
    steps = others
    step!()
    const all = document.querySelectorAll('.samples > div > *')
    expect(all.length).toBeLessThanOrEqual(1)
    if (all.length > 0) seen.push(all[0]!.textContent)
  }
  expect([...new Set(seen)].slice(0, 2)).toEqual(['Ag', 'ก'])
  expect(new Set(seen).size).toBeGreaterThan(8)
  expect(document.body.children.length).toBe(0)
})
