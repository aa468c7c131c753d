import type { Gap } from '@rejoin/core'
import { expect, test } from 'vitest'
import type { Connection } from '../web/common/connect.ts'
import { Happenings } from '../web/common/happenings.ts'

/** A session that does what it is told. */
function world() {
  const handlers = new Map<string, (event: never) => void>()
  const listeners = new Set<() => void>()
  let gaps: Gap[] = []
  let settle!: () => void
  const ready = new Promise<void>((resolve) => (settle = resolve))
  const session = {
    ready,
    on: (name: string, handler: (event: never) => void) => (handlers.set(name, handler), () => {}),
    getSnapshot: () => ({ messages: [{ id: 'r', role: 'assistant' }] }),
    getResponse: () => ({ gaps, hasGap: gaps.length > 0 }),
    subscribeResponse: (_id: string, listener: () => void) => (
      listeners.add(listener),
      () => listeners.delete(listener)
    ),
  }
  const client = { connection: { state: 'connected', on: () => {}, off: () => {} } }
  const happenings = new Happenings({ session, client } as unknown as Connection)
  return {
    filled: () => happenings.get().filled.r,
    ready: async () => (settle(), await ready, await Promise.resolve()),
    missing: (...missing: (number | undefined)[]) => {
      const had = gaps.length > 0
      gaps = missing.map((one, at) => ({ part: 'p', from: at, to: at, missing: one }))
      for (const listener of listeners) listener()
      const name = !had && gaps.length > 0 ? 'gap' : had && gaps.length === 0 ? 'healed' : undefined
      if (name) handlers.get(name)?.({ responseId: 'r', gaps } as never)
    },
  }
}

test('a refresh claims nothing: what is filled while the past is read was never missed', async () => {
  const { missing, ready, filled } = world()
  missing(123)
  missing()
  await ready()
  expect(filled()).toBeUndefined()
})

test('a gap that is there when the past has been read counts when it is filled', async () => {
  const { missing, ready, filled } = world()
  missing(12)
  await ready()
  missing()
  expect(filled()).toBe(12)
})

test('gaps that grow while they are open count as much as was missing in all', async () => {
  const { missing, ready, filled } = world()
  await ready()
  missing(7)
  missing(7, 116)
  missing()
  expect(filled()).toBe(123)
})

test('gaps that are filled one by one count once each, and again the next time', async () => {
  const { missing, ready, filled } = world()
  await ready()
  missing(7, 5)
  missing(5)
  missing(5, 10)
  missing()
  expect(filled()).toBe(22)
  missing(3)
  missing()
  expect(filled()).toBe(25)
})

test('where the stream does not tell how much, no number is made up', async () => {
  const { missing, ready, filled } = world()
  await ready()
  missing(7)
  missing(7, undefined)
  missing()
  expect(filled()).toBe(0)
})
