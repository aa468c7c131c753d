import { expect, test } from 'vitest'
import type { Session } from '@rejoin/core'
import { Activity, describeStop, describeWaiting } from '../web/common/activity.ts'

/** Lines as `prompt:status` or `response:status`, in order. */
function conversation(lines: string) {
  const entries = lines.split(' ').map((line, at) => {
    const [kind, status] = line.split(':')
    return { id: `${kind}${at}`, role: kind === 'prompt' ? 'user' : 'assistant', status }
  })
  const find = (id: string) => entries.find((entry) => entry.id === id)
  const listeners = new Map<string, () => void>()
  let looks = 0
  const session = {
    getSnapshot: () => {
      looks++
      return { entries }
    },
    getPrompt: (id: string) => ({ status: find(id)?.status, delivery: 'sent' }),
    getResponse: (id: string) => ({ status: find(id)?.status }),
    subscribe: () => () => {},
    subscribeResponse: (id: string, listener: () => void) => {
      listeners.set(id, listener)
      return () => listeners.delete(id)
    },
  } as unknown as Session
  return { activity: new Activity(session), find, listeners, looks: () => looks }
}

const busy = (lines: string) => conversation(lines).activity.get()

test('answers that are written and prompts that wait can be stopped', () => {
  expect(busy('prompt:answered response:complete')).toEqual({ answers: 0, waiting: 0 })
  expect(busy('prompt:answering response:streaming prompt:queued')).toEqual({ answers: 1, waiting: 1 })
  expect(busy('prompt:answering response:streaming prompt:sent response:streaming')).toEqual({
    answers: 2,
    waiting: 1,
  })
})

test('an answer that waits for a person can be stopped, and is watched until it ends', () => {
  const { activity, find, listeners } = conversation('prompt:answering response:suspended')
  expect(activity.get()).toEqual({ answers: 1, waiting: 0 })
  find('response1')!.status = 'streaming'
  listeners.get('response1')!()
  find('response1')!.status = 'complete'
  listeners.get('response1')!()
  expect(activity.get()).toEqual({ answers: 0, waiting: 0 })
  expect(listeners.size).toBe(0)
})

test('a token costs no look at the conversation', () => {
  const { listeners, looks } = conversation('prompt:answering response:streaming')
  const before = looks()
  for (let token = 0; token < 100; token++) listeners.get('response1')!()
  expect(looks()).toBe(before)
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
