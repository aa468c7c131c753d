import { afterEach, expect, test, vi } from 'vitest'
import { newId } from './newId.ts'

afterEach(() => vi.unstubAllGlobals())

test.each([undefined, {}, globalThis.crypto])('ids differ, whatever `crypto` is (%#)', (crypto) => {
  vi.stubGlobal('crypto', crypto)
  const ids = new Set(Array.from({ length: 10_000 }, newId))
  expect(ids.size).toBe(10_000)
  for (const id of ids) expect(id).toMatch(/^[\w-]{16}$/)
})
