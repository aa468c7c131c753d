import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Store } from '../store/store.ts'
import type { RejoinError } from '../types/errors.ts'
import { Waker } from './waker.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A waker whose calls all fail, and what it sees of the conversation. */
function failing() {
  const seen = {
    prompt: { status: 'sent', responseId: 'r' },
    response: undefined as { status: string } | undefined,
  }
  const store = {
    getPrompt: () => seen.prompt,
    getResponse: () => seen.response,
    subscribeResponse: () => () => {},
  } as unknown as Store
  const errors: RejoinError[] = []
  let calls = 0
  const wake = () => {
    calls++
    throw new Error('out')
  }
  const waker = new Waker(wake, 'c', store, (error) => errors.push(error))
  return { waker, seen, errors, calls: () => calls }
}

test('gives up after nine calls, within two minutes, and says so once', async () => {
  const { waker, errors, calls } = failing()
  waker.prompted('p')
  expect(calls()).toBe(1)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(calls()).toBe(9)
  expect(errors).toMatchObject([{ code: 'wake_failed' }])
  await vi.advanceTimersByTimeAsync(600_000)
  waker.interrupted('p')
  expect(calls()).toBe(9)
})

test.each(['answered', 'answering', 'queued', 'stopped'])(
  'repeats nothing for a prompt that is %s',
  async (status) => {
    const { waker, seen, errors, calls } = failing()
    waker.prompted('p')
    seen.prompt.status = status
    if (status === 'answering') seen.response = { status: 'streaming' }
    await vi.advanceTimersByTimeAsync(120_000)
    expect(calls()).toBe(1)
    expect(errors).toEqual([])
  },
)

test('an agent that dies meanwhile is replaced by the repetition, not twice', async () => {
  const { waker, seen, calls } = failing()
  waker.prompted('p')
  seen.response = { status: 'interrupted' }
  waker.interrupted('p')
  waker.interrupted('of another session')
  expect(calls()).toBe(1)
  await vi.advanceTimersByTimeAsync(400)
  expect(calls()).toBe(2)
})

test('a closed session repeats nothing', async () => {
  const { waker, calls } = failing()
  waker.prompted('p')
  waker.close()
  await vi.advanceTimersByTimeAsync(120_000)
  expect(calls()).toBe(1)
})

test('a closed session calls for no agent that dies, and leaves no timer', async () => {
  const { waker, calls } = failing()
  waker.prompted('p')
  await vi.advanceTimersByTimeAsync(0)
  expect(vi.getTimerCount()).toBe(1)
  waker.close()
  expect(vi.getTimerCount()).toBe(0)
  waker.interrupted('p')
  expect(calls()).toBe(1)
})

test('an agent that dies after the call that succeeded is replaced, unless the session is closed', async () => {
  let calls = 0
  const waker = new Waker(
    () => calls++,
    'c',
    {} as Store,
    () => {},
  )
  waker.prompted('p')
  await vi.advanceTimersByTimeAsync(0)
  waker.interrupted('p')
  expect(calls).toBe(2)
  waker.close()
  waker.interrupted('p')
  expect(calls).toBe(2)
})
