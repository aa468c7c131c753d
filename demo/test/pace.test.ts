import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ModelEvent } from '@rejoin/agent'
import { Orders } from '../agent/orders.ts'
import { paced, steadyPace, type Pace } from '../agent/pace.ts'
import { Conductor } from './conductor.ts'
import { collect, streamOf } from './events.ts'

const text = (delta: string): ModelEvent => ({ type: 'text-delta', id: 't', delta })
const events: ModelEvent[] = [
  { type: 'text-start', id: 't' },
  text('ab'),
  text('cd'),
  text('ef'),
  { type: 'finish', finishReason: 'stop' },
]

const free: Pace = { wait: () => Promise.resolve() }

test('every event passes, unchanged and in order', async () => {
  expect(await collect(paced(streamOf(events), free, new AbortController().signal))).toEqual(events)
})

test('nothing passes once the answer is stopped', async () => {
  const abort = new AbortController()
  const seen: ModelEvent[] = []
  for await (const event of paced(streamOf(events), free, abort.signal)) {
    seen.push(event)
    if (seen.length === 3) abort.abort()
  }
  expect(seen).toEqual(events.slice(0, 3))
})

test('the clock: time passes with characters, an abort ends a wait, and a late answer does not hurry', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const { signal } = new AbortController()
    const pace = steadyPace({ text: 1000, toolInput: Infinity })
    const began = Date.now()
    // The clock stands still: what would take longer than a moment waits until it is aborted.
    await pace.wait({ kind: 'text', amount: 3 }, signal)
    await pace.wait({ kind: 'toolInput', amount: 1_000_000 }, signal)
    const abort = new AbortController()
    const waiting = pace.wait({ kind: 'text', amount: 60_000 }, abort.signal)
    abort.abort()
    await waiting
    vi.setSystemTime(began + 3_600_000)
    const late = new AbortController()
    const after = pace.wait({ kind: 'text', amount: 60_000 }, late.signal).then(() => 'went on')
    expect(await Promise.race([after, Promise.resolve('waits')])).toBe('waits')
    late.abort()
    await after
  } finally {
    vi.useRealTimers()
  }
})

describe('orders', () => {
  let conductor: Conductor
  let orders: Orders

  beforeEach(async () => {
    conductor = await Conductor.start()
    await conductor.holdAt(3)
    orders = await Orders.connect(conductor.port, { key: 'a.b:c', port: 7, endpoint: 'x' })
  })

  afterEach(() => {
    orders.close()
    conductor.close()
  })

  test('an answer holds at its limit, and goes on at the next order', async () => {
    expect(await conductor.broker()).toEqual({ key: 'a.b:c', port: 7 })
    const seen: ModelEvent[] = []
    const done = (async () => {
      const { signal } = new AbortController()
      for await (const event of paced(streamOf(events), orders.pace(), signal)) seen.push(event)
    })()
    await conductor.held()
    expect(seen).toEqual(events.slice(0, 3))
    await conductor.holdAt(6)
    await conductor.held()
    expect(seen).toEqual(events.slice(0, 4))
    await conductor.goOn()
    await done
    expect(seen).toEqual(events)
  })

  test('an abort lets an answer go; pauses are counted, not timed', async () => {
    await conductor.holdAt({ pause: 1 })
    const abort = new AbortController()
    const pace = orders.pace()
    await pace.wait({ kind: 'pause', amount: 3_600_000 }, abort.signal)
    const held = pace.wait({ kind: 'text', amount: 1 }, abort.signal)
    await conductor.held()
    abort.abort()
    await held
  })

  test('an agent that starts anew gets the order that holds', async () => {
    orders.close()
    await conductor.holdAt(0)
    orders = await Orders.connect(conductor.port, {})
    const { signal } = new AbortController()
    const step = orders.pace().wait({ kind: 'text', amount: 1 }, signal)
    await conductor.held()
    await conductor.goOn()
    await step
  })
})
