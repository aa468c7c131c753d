import { expect, test } from 'vitest'
import { versionsOf } from '../common/versions.ts'

test('a prompt that replaces another is its next version, whichever of them it names', () => {
  const versions = versionsOf([
    { id: 'a' },
    { id: 'b' },
    { id: 'b2', replaces: 'b' },
    { id: 'b3', replaces: 'b2' },
    { id: 'b4', replaces: 'b' },
  ])
  expect(Object.fromEntries(versions)).toEqual({
    a: { root: 'a', version: 1, versions: 1 },
    b: { root: 'b', version: 1, versions: 4 },
    b2: { root: 'b', version: 2, versions: 4 },
    b3: { root: 'b', version: 3, versions: 4 },
    b4: { root: 'b', version: 4, versions: 4 },
  })
})

test('what was replaced is replaced, though it is not loaded yet', () => {
  const versions = versionsOf([{ id: 'c', replaces: 'older' }])
  expect(versions.get('older')).toEqual({ root: 'older', version: 1, versions: 2 })
  expect(versions.get('c')).toEqual({ root: 'older', version: 2, versions: 2 })
})
