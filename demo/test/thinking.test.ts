import { expect, test } from 'vitest'
import type { ModelEvent } from '@rejoin/agent'
import { timed } from '../agent/thinking.ts'
import { collect, streamOf } from './events.ts'

test('thinking is timed, in all, and the events pass as they are', async () => {
  const events: ModelEvent[] = [
    { type: 'reasoning-start', id: 'a' },
    { type: 'reasoning-delta', id: 'a', delta: 'Hm' },
    { type: 'reasoning-end', id: 'a' },
    { type: 'text-delta', id: 't', delta: 'So' },
    { type: 'reasoning-delta', id: 'b', delta: 'Hm' },
    { type: 'reasoning-end', id: 'b' },
    { type: 'reasoning-end', id: 'never begun' },
    { type: 'finish', finishReason: 'stop' },
  ]
  let clock = 0
  const told: number[] = []
  // Each look at the clock finds it a second later.
  const passed = await collect(
    timed(
      streamOf(events),
      (total) => told.push(total),
      () => (clock += 1000),
    ),
  )
  expect(passed).toEqual(events)
  expect(told).toEqual([1000, 2000])
})
