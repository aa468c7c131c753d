// @vitest-environment node
import { expect, test } from 'vitest'
import { defineInspector } from '../src/index.ts'

test('on a server it may be imported and defined, and does nothing', () => {
  expect(globalThis.customElements).toBeUndefined()
  defineInspector()
})
