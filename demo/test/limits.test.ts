import type { IncomingMessage } from 'node:http'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Prompt } from '@rejoin/agent'
import { expect, test, vi } from 'vitest'
import { Admission } from '../agent/admission.ts'
import { Slots } from '../common/slots.ts'
import { addressOf, hostOf } from '../server/address.ts'
import { Flow } from '../server/flow.ts'

const request = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage

test('without a proxy of ours, X-Forwarded-For is what a stranger wrote', () => {
  const forged = request('203.0.113.5', {
    'x-forwarded-for': '1.1.1.1',
    'x-forwarded-host': 'evil',
    host: 'demo',
  })
  expect(addressOf(forged, 0)).toBe('203.0.113.5')
  expect(hostOf(forged, 0)).toBe('demo')
})

test('behind proxies the client is what the outermost of them appended', () => {
  const chain = { 'x-forwarded-for': 'forged, 198.51.100.7, 10.0.0.2', 'x-forwarded-host': 'demo.example' }
  expect(addressOf(request('10.0.0.3', { 'x-forwarded-for': 'forged, 198.51.100.7' }), 1)).toBe(
    '198.51.100.7',
  )
  expect(addressOf(request('10.0.0.3', chain), 2)).toBe('198.51.100.7')
  expect(hostOf(request('10.0.0.3', chain), 1)).toBe('demo.example')
  // Fewer entries than proxies: the request did not pass all of them.
  expect(addressOf(request('10.0.0.3', { 'x-forwarded-for': 'forged' }), 2)).toBe('10.0.0.3')
  for (const header of ['', ',', ', ,', ' '])
    expect(addressOf(request('10.0.0.3', { 'x-forwarded-for': header }), 1)).toBe('10.0.0.3')
})

test('addresses of one household are one, written either way', () => {
  const of = (address: string) => addressOf(request(address), 0)
  expect(of('::ffff:203.0.113.5')).toBe('203.0.113.5')
  expect(of('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2')
  expect(of('2001:0db8:1:2::9')).toBe('2001:db8:1:2')
  expect(of('2001:db8:1:2:ffff::')).toBe('2001:db8:1:2')
  expect(of('::1')).toBe('0:0:0:0')
})

test('a person has so many slots, each given back once; others have their own', () => {
  const slots = new Slots(2)
  const first = slots.take('ann')!
  expect([slots.take('ann'), slots.take('ann'), slots.take('bob')].map(Boolean)).toEqual([true, false, true])
  first()
  first()
  expect([slots.take('ann'), slots.take('ann')].map(Boolean)).toEqual([true, false])
})

test('a burst passes at once, a flood at its rate, through however many connections', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout'] })
  try {
    const flow = new Flow({ rate: 1000, burst: 3000 })
    let passed = 0
    const sink = () => new Writable({ write: (chunk: Buffer, _, done) => ((passed += chunk.length), done()) })
    const chunk = Buffer.alloc(1000)
    const ends = ['ann', 'ann', 'bob'].map((person) =>
      pipeline(Readable.from([chunk, chunk, chunk]), flow.through(person), sink()),
    )
    await vi.advanceTimersByTimeAsync(1)
    expect(passed).toBe(6000)
    await vi.advanceTimersByTimeAsync(1000)
    expect(passed).toBe(7000)
    await vi.advanceTimersByTimeAsync(10_000)
    await Promise.all(ends)
    expect(passed).toBe(9000)
  } finally {
    vi.useRealTimers()
  }
})

test('a prompt that is too long, or one too many, is refused with what to do', () => {
  const admission = new Admission(10)
  const prompt = (clientId: string, text = 'Hello') => ({ clientId, text }) as Prompt
  expect(() => admission.enter(prompt('ann', 'x'.repeat(11)))).toThrow(/11 characters; send at most 10/)
  const places = Array.from({ length: 5 }, () => admission.enter(prompt('ann')))
  expect(() => admission.enter(prompt('ann'))).toThrow(/5 of yours are being answered/)
  admission.enter(prompt('bob'))
  places[0]!()
  admission.enter(prompt('ann'))
})
