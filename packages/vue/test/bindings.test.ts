import { expect, test, vi } from 'vitest'
import { version } from 'vue'
import { runHere } from '../../core/test/bindings/run.ts'
import { vue } from './framework.ts'
import { serve } from './serve.ts'

test('this is the Vue that the project names', ({ task }) => {
  expect(version).toMatch(task.file.projectName === 'vue34' ? /^3\.4\.0$/ : /^3\.5\./)
})

runHere(`Vue ${version}`, vue, async (...what) => {
  // A server has no window; this process, where the page is too, has.
  vi.stubGlobal('window', undefined)
  try {
    return await serve(...what)
  } finally {
    vi.unstubAllGlobals()
  }
})
