import { expect, test, vi } from 'vitest'
import fc from 'fast-check'
import { message, Reader } from '../../test/model/reader.ts'
import { Facts } from './facts.ts'
import type { Known } from './known.ts'
import { nothingKnown } from './known.ts'

const names = { rejoin: '1', responseId: 'r' }
const create = (part: string, data: string, name = 'response') =>
  message({ name, data, headers: { ...names, part } })

function append(of: ReturnType<typeof create>, data: string, end: number, phase = 'streaming') {
  const { serial } = message({})
  const { headers } = of.extras as { headers: Record<string, string> }
  const metadata = { end: String(end), phase }
  return message({
    action: 'append',
    name: of.name,
    serial: of.serial,
    version: serial,
    data,
    headers,
    metadata,
  })
}

/** Everything that may come between two frames while texts grow. */
function everything() {
  const start = message({ name: 'start', headers: { responseId: 'r' } })
  const thought = create('0', 'Hm', 'reasoning')
  const think = Array.from({ length: 4 }, (_, i) => append(thought, ' hm', 5 + 3 * i))
  const text = create('1', 'A')
  const grow = Array.from({ length: 8 }, (_, i) => append(text, ` b${i}`, 4 + 3 * i))
  const headers = { ...names, part: '2' }
  const tokens = Array.from({ length: 6 }, (_, i) =>
    message({ name: 'token', data: 'xy', headers: { ...headers, end: String(2 * i + 2) } }),
  )
  const bare = message({ name: 'response', data: 'B', headers: { responseId: 'r' } })
  const call = message({
    name: 'tool_call',
    data: { name: 'find', arguments: { a: 1 } },
    headers: { ...names, toolCallId: 'c' },
  })
  const other = [
    message({ name: 'response-metadata', data: { model: 'm' }, headers: names }),
    message({ name: 'suspend', data: { toolCallIds: ['c'] }, headers: names }),
    message({ name: 'retract', data: { parts: ['0'] }, headers: names }),
    message({
      action: 'update',
      serial: text.serial,
      version: message({}).serial!,
      data: 'Z',
      name: 'response',
      clientId: 'm',
      headers: { ...names, part: '1' },
    }),
    message({
      action: 'delete',
      serial: tokens[2]!.serial,
      version: message({}).serial!,
      name: 'token',
      headers,
    }),
    append(text, '', 25, 'done'),
    message({ name: 'response-end', headers: { ...names, status: 'complete' } }),
  ]
  const texts = [start, thought, ...think, text, ...grow, ...tokens]
  return { texts, others: [bare, append(bare, 'C', 2), call, ...other] }
}

const steps = [
  'nothing',
  'nothing',
  'nothing',
  'frame',
  'frame',
  'break',
  'cover',
  'interrupt',
  'head',
] as const

test('a snapshot in which a text grew is the one that would be made anew, whatever came before', () => {
  const { texts, others } = everything()
  const whole: Known = { ...nothingKnown, begins: () => true }
  fc.assert(
    fc.property(
      // What grows comes in order, mostly, so that there are frames in which nothing else happens.
      fc.uniqueArray(fc.nat(texts.length - 1), { maxLength: 3 }),
      fc.array(fc.tuple(fc.constantFrom(...others), fc.nat(texts.length)), { maxLength: 3 }),
      fc.infiniteStream(fc.constantFrom(...steps)),
      fc.boolean(),
      (late, between, next, headKnown) => {
        const [reader, anew] = [new Reader(), new Reader()]
        const both = [reader, anew]
        if (headKnown) for (const { conversation } of both) conversation.known = whole
        const at = ({ version }: (typeof texts)[number]) => version.serial!
        const messages = texts.filter((_, i) => !late.includes(i))
        for (const [one, place] of between) messages.splice(place, 0, one)
        messages.push(...late.slice(1).map((i) => texts[i]!))
        let epoch = 1
        for (const one of messages) {
          for (const each of both) each.read(one, epoch)
          const step = next.next().value!
          if (step === 'break') epoch++
          for (const { conversation } of both)
            for (const response of conversation.responses.values()) {
              if (step === 'break') response.break({ key: at(one), epoch })
              if (step === 'cover') response.cover({ from: '', epoch }, { from: '', epoch })
              if (step === 'interrupt') response.interrupt()
              if (step === 'head') response.knowHead()
            }
          if (step === 'nothing') continue
          for (const response of anew.conversation.responses.values()) response.reshape()
          both.forEach((each) => each.publish())
          expect(reader.conversation.find('r')?.snapshot).toEqual(anew.conversation.find('r')?.snapshot)
        }
      },
    ),
    { numRuns: 400 },
  )
})

test('a frame in which a text grew makes that part, and asks for nothing else', () => {
  const reader = new Reader()
  const parts = Array.from({ length: 20 }, (_, i) => create(String(i), 'Text'))
  for (const part of parts) reader.read(part)
  const last = parts.at(-1)!
  let before = reader.response('r')!
  const facts = vi.spyOn(Facts.prototype, 'shown', 'get')
  for (let i = 0; i < 50; i++) {
    reader.read(append(last, 'ab', 6 + 2 * i))
    const now = reader.response('r')!
    expect(now.parts.at(-1)).toMatchObject({ text: `Text${'ab'.repeat(i + 1)}` })
    expect(now.parts.slice(0, -1).every((part, j) => part === before.parts[j])).toBe(true)
    expect(now.gaps).toBe(before.gaps)
    before = now
  }
  expect(facts).not.toHaveBeenCalled()
  facts.mockRestore()
})
