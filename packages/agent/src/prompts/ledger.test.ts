import { expect, test } from 'vitest'
import type { Prompt } from '../inbound/prompt.ts'
import { emptyLedger, reduceLedger, type LedgerEvent } from './ledger.ts'

const prompt = (id: string, serial: string) => ({ id, serial, text: id }) as Prompt
const after = (...events: LedgerEvent[]) => events.reduce(reduceLedger, emptyLedger)

test('opens an accepted prompt once, and notes the serial of every one', () => {
  const state = after(
    { type: 'received', prompt: prompt('a', '02'), accepted: true },
    { type: 'received', prompt: prompt('a', '01'), accepted: true },
    { type: 'received', prompt: prompt('b', '03'), accepted: false },
  )
  expect(state).toEqual({ serial: '03', open: [{ prompt: prompt('a', '02') }], recent: [] })
})

test('names the response of a prompt that is being answered', () => {
  const received: LedgerEvent = { type: 'received', prompt: prompt('a', '01'), accepted: true }
  const begun: LedgerEvent = { type: 'begun', prompt: prompt('a', '01'), responseId: 'r' }
  expect(after(received, begun).open).toEqual([{ prompt: prompt('a', '01'), responseId: 'r' }])
  expect(after(begun).open).toEqual(after(received, begun).open)
})

test('keeps the last 200 settled prompts', () => {
  const events = Array.from({ length: 300 }, (_, i): LedgerEvent => ({ type: 'settled', promptId: `${i}` }))
  const { recent } = after(...events)
  expect([recent.length, recent[0], recent.at(-1)]).toEqual([200, '100', '299'])
})

test('changes nothing of an earlier state, nor of the prompts in it', () => {
  const first = after({ type: 'received', prompt: prompt('a', '01'), accepted: true })
  const then = reduceLedger(first, { type: 'settled', promptId: 'a' })
  expect([first.open.length, then.open.length]).toEqual([1, 0])
  expect(Object.isFrozen(first.open[0]!.prompt)).toBe(false)
})
