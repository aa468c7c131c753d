import { version } from 'react'
import { version as domVersion } from 'react-dom'
import { expect, test } from 'vitest'
import { runHere } from '../../core/test/bindings/run.ts'
import { react } from './framework.tsx'
import { serve } from './serve.tsx'

test('this is the React that the project names', ({ task }) => {
  const wanted = expect.stringMatching(task.file.projectName === 'react18' ? /^18\.0\.0/ : /^19\./)
  expect([version, domVersion]).toEqual([wanted, wanted])
})

runHere(`React ${version}`, react, serve)
runHere(`React ${version} in StrictMode`, react, serve, true)
