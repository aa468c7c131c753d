import { expect, test } from 'vitest'
import type { Session } from '@rejoin/core'
import { Activity, describeStop, describeWaiting } from '../web/common/activity.ts'

/** Lines as `prompt:status` or `response:status`, in order. */
function busy(lines: string) {
  const entries = lines.split(' ').map((line, at) => {
    const [kind, status] = line.split(':')
    return { id: `${kind}${at}`, role: kind === 'prompt' ? 'user' : 'assistant', status }
  })
  const find = (id: string) => entries.find((entry) => entry.id === id)
  const session = {
    getSnapshot: () => ({ entries }),
    getPrompt: (id: string) => ({ status: find(id)?.status, delivery: 'sent' }),
    getResponse: (id: string) => ({ status: find(id)?.status }),
    subscribe: () => () => {},
    subscribeResponse: () => () => {},
  } as unknown as Session
  return new Activity(session).get()
}

test('answers that are written and prompts that wait can be stopped', () => {
  expect(busy('prompt:answered response:complete')).toEqual({ answers: 0, waiting: 0 })
  expect(busy('prompt:answering response:streaming prompt:queued')).toEqual({ answers: 1, waiting: 1 })
  expect(busy('prompt:answering response:streaming prompt:sent response:streaming')).toEqual({
    answers: 2,
    waiting: 1,
  })
})

test('what was left without an answer long ago waits for none, nor does what was taken back', () => {
  expect(busy('prompt:sent prompt:answered response:complete')).toEqual({ answers: 0, waiting: 0 })
  expect(busy('prompt:answered response:complete prompt:stopped')).toEqual({ answers: 0, waiting: 0 })
})

test('it is told in words', () => {
  expect(describeWaiting({ answers: 1, waiting: 0 }, 1)).toBe('')
  expect(describeWaiting({ answers: 0, waiting: 1 }, 0)).toContain('offline')
  expect(describeStop({ answers: 0, waiting: 1 })).toBe('Take the message back')
  expect(describeStop({ answers: 3, waiting: 1 })).toBe('Stop 3 answers')
})
