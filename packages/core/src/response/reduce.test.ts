import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RejoinError } from '../types/errors.ts'
import type { ResponseState } from '../types/types.ts'
import { deliver } from './deliver.ts'
import { fates } from './fate.ts'
import { emptyStructure, reduce } from './reduce.ts'
import type { ToldPrompt } from './knownPrompt.ts'
import type { StructureEvent } from './reduce.ts'

const prompt = (id: string, serial: string): ToldPrompt & { serial: string } => ({
  id,
  serial,
  text: `${id} at ${serial}`,
  createdAt: 1,
  parts: [],
  delivery: 'sent',
})

const allIds = ['a', 'b', 'c', '__proto__', 'constructor']
const ids = fc.constantFrom(...allIds)
const serials = fc.constantFrom('1', '2', '3', '4')
const events: fc.Arbitrary<StructureEvent> = fc.oneof(
  fc.tuple(ids, serials).map(([id, serial]) => ({ type: 'prompt', prompt: prompt(id, serial) }) as const),
  fc.tuple(ids, serials).map(([id, serial]) => ({ type: 'row', prompt: prompt(id, serial) }) as const),
  ids.map((id) => {
    const { serial: _, ...rest } = prompt(id, '')
    return { type: 'sending', prompt: { ...rest, delivery: 'sending' } } as const
  }),
  fc.tuple(ids, serials).map(([id, serial]) => ({ type: 'sent', id, serial }) as const),
  ids.map((id) => ({ type: 'failed', id, error: new RejoinError('publish_failed', 'refused') }) as const),
  fc
    .tuple(ids, serials)
    .map(
      ([id, serial]) =>
        ({ type: 'responses', responses: [{ id, serial, createdAt: 1 } as ResponseState] }) as const,
    ),
  ids.map((id) => ({ type: 'forgotten', id }) as const),
)

const rules = { fates, deliver }

const promptsOf = (state: typeof emptyStructure) => allIds.map((id) => state.prompts.get(id))
const refsOf = ({ entries }: typeof emptyStructure) => entries.shown.refs

const all = (list: readonly StructureEvent[]) => reduce(emptyStructure, list, rules)

describe('the reducer of the structure', () => {
  test('what a view sees of a prompt is made when it is read, once, and stays until the prompt changes', () => {
    let copies = 0
    const row: ToldPrompt = {
      ...prompt('a', '1'),
      get metadata() {
        return copies++
      },
    }
    const before = all([{ type: 'row', prompt: row }])
    const more = reduce(before, [{ type: 'row', prompt: prompt('b', '2') }], rules)
    expect(copies).toBe(0)
    const shown = before.prompts.get('a')!.state
    expect(shown).toMatchObject({ id: 'a', status: 'sent' })
    expect(more.prompts.get('a')!.state).toBe(shown)
    expect(copies).toBe(1)
    const answer = { id: 'r', serial: '2', createdAt: 1, promptId: 'a', status: 'complete' } as const
    const answered = reduce(more, [{ type: 'responses', responses: [answer] }], rules)
    expect(answered.prompts.get('a')!.state).toMatchObject({ status: 'answered', responseId: 'r' })
    expect(shown.status).toBe('sent')
    expect(copies).toBe(2)
  })

  test('one batch or one by one: the same', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 20 }), (list) => {
        let single = emptyStructure
        for (const event of list) single = reduce(single, [event], rules)
        const batch = all(list)
        expect(promptsOf(single)).toEqual(promptsOf(batch))
        const sorted = (state: typeof single) =>
          refsOf(state)
            .map(({ role, id }) => `${role}:${id}`)
            .sort()
        expect(sorted(single)).toEqual(sorted(batch))
      }),
    )
  })

  test('what the channel told of a prompt does not depend on the order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(ids, serials), { maxLength: 12, selector: String }), (told) => {
        const list = told.map(([id, serial]) => ({ type: 'prompt', prompt: prompt(id, serial) }) as const)
        expect(promptsOf(all(list.toReversed()))).toEqual(promptsOf(all(list)))
      }),
    )
  })

  test('an event twice changes nothing: the state is the same object', () => {
    const told = [
      { type: 'prompt', prompt: prompt('a', '1') },
      { type: 'row', prompt: prompt('b', '2') },
    ] as const
    const state = all(told)
    expect(reduce(state, told, rules)).toBe(state)
  })

  test('another client’s message does not replace a prompt that the database knows', () => {
    const { serial: _, ...row } = { ...prompt('a', ''), clientId: 'asker' }
    const forged = { ...prompt('a', '1'), clientId: 'forger' }
    const told = [{ type: 'row', prompt: row } as const, { type: 'prompt', prompt: forged } as const]
    expect(all(told).prompts.get('a')?.told).toBe(row)
    expect(
      all([...told, { type: 'prompt', prompt: { ...forged, clientId: 'asker' } }]).prompts.get('a'),
    ).toMatchObject({ heard: true, told: { clientId: 'asker', serial: '1' } })
  })

  test('the beginning of a long prompt does not replace its row, until all of it has come', () => {
    const { serial: _, ...row } = prompt('a', '')
    const beginning = { ...prompt('a', '1'), text: 'a', incomplete: { received: 1, length: 4 } }
    const told = [
      { type: 'row', prompt: row },
      { type: 'prompt', prompt: beginning },
    ] as const
    expect(all(told).prompts.get('a')?.told).toBe(row)
    expect(all([...told, { type: 'prompt', prompt: prompt('a', '1') }]).prompts.get('a')).toMatchObject({
      heard: true,
      told: { text: 'a at 1' },
    })
    expect(all(told.toReversed()).prompts.get('a')?.told).toBe(row)
  })

  test('a row of the first message of a prompt and a later message of it: the row, in either order', () => {
    const told = [
      { type: 'row', prompt: { ...prompt('a', '1'), text: 'first' } },
      { type: 'prompt', prompt: prompt('a', '2') },
    ] as const
    for (const list of [told, told.toReversed()])
      expect(all(list).prompts.get('a')?.state).toMatchObject({ serial: '1', text: 'first' })
  })

  test('a line keeps its object when it moves', () => {
    const at = (serial: string) =>
      ({ type: 'responses', responses: [{ id: 'r', serial, createdAt: 1 } as ResponseState] }) as const
    const before = all([{ type: 'prompt', prompt: prompt('p', '3') }, at('4')])
    const after = reduce(before, [at('2')], rules)
    expect(refsOf(before).map(({ id }) => id)).toEqual(['p', 'r'])
    expect(refsOf(after).map(({ id }) => id)).toEqual(['r', 'p'])
    expect(refsOf(after)[0]).toBe(refsOf(before)[1])
  })

  test('a prompt stands before its first answer, in whatever order they come', () => {
    const line = fc.record({ n: fc.nat(5), at: fc.nat(999), to: fc.nat(5) })
    const lines = fc.uniqueArray(line, { selector: ({ n }) => n, maxLength: 6 })
    fc.assert(
      fc.property(lines, lines, fc.infiniteStream(fc.nat()), (asks, answers, order) => {
        const named = (name: string) => (one: (typeof asks)[0]) => ({
          id: `${name}${one.n}`,
          serial: `${String(one.at).padStart(3, '0')}${name}${one.n}`,
          to: `p${one.to}`,
        })
        const prompts = asks.map(named('p'))
        const responses = answers.map(named('r'))
        const told: StructureEvent[] = [
          ...prompts.map(({ id, serial }) => ({ type: 'prompt', prompt: prompt(id, serial) }) as const),
          ...responses.map(({ id, serial, to: promptId }) => {
            const response = { id, serial, createdAt: 1, promptId, status: 'complete' } as const
            return { type: 'responses', responses: [response] } as const
          }),
        ]
        const shuffled = told
          .map((event) => [order.next().value as number, event] as const)
          .sort(([a], [b]) => a - b)
          .map(([, event]) => event)
        let single = emptyStructure
        for (const event of shuffled) single = reduce(single, [event], rules)
        const placeOf = ({ id, serial }: (typeof prompts)[0]) =>
          [serial, ...responses.filter(({ to }) => to === id).map((one) => one.serial)].sort()[0]!
        const expected = [
          ...prompts.map((one) => [`${placeOf(one)} 0`, one.id] as const),
          ...responses.map((one) => [`${one.serial} 1`, one.id] as const),
        ].sort(([a], [b]) => (a < b ? -1 : 1))
        expect(refsOf(single).map(({ id }) => id)).toEqual(expected.map(([, id]) => id))
        const batch = all(shuffled)
        expect(refsOf(batch)).toEqual(refsOf(single))
      }),
    )
  })

  test('a prompt goes back to its own place when its answer is taken back', () => {
    const response = { id: 'r', serial: '1', createdAt: 1, promptId: 'a', status: 'complete' } as const
    const before = all([
      { type: 'responses', responses: [response] },
      { type: 'prompt', prompt: prompt('b', '2') },
      { type: 'prompt', prompt: prompt('a', '3') },
    ])
    expect(refsOf(before).map(({ id }) => id)).toEqual(['a', 'r', 'b'])
    const after = reduce(before, [{ type: 'forgotten', id: 'r' }], rules)
    expect(refsOf(after).map(({ id }) => id)).toEqual(['b', 'a'])
  })

  test('a prompt that is let go and read again has the answer that stayed, and not the one that went', () => {
    const answer = (id: string, promptId: string, serial: string) =>
      ({
        type: 'responses',
        responses: [{ id, serial, createdAt: 1, promptId, status: 'complete' }],
      }) as const
    const told = [
      { type: 'prompt', prompt: prompt('a', '2') },
      { type: 'prompt', prompt: prompt('b', '4') },
    ] as const
    const before = all([...told, answer('r', 'a', '1'), answer('s', 'b', '3')])
    const lines = refsOf(before).filter(({ id }) => id !== 'r')
    const after = reduce(before, [{ type: 'gone', lines }, ...told], rules)
    expect(refsOf(after).map(({ id }) => id)).toEqual(['a', 'r', 'b'])
    expect(after.prompts.get('a')?.state).toMatchObject({ status: 'answered', responseId: 'r' })
    expect(after.prompts.get('b')?.state.status).toBe('sent')
  })

  test('what this session sends stands before its answer, whatever the time here is', () => {
    const { serial: _, ...sent } = prompt('a', '')
    const response = { id: 'r', serial: '1', createdAt: 5, promptId: 'a', status: 'streaming' } as const
    const before = all([
      { type: 'sending', prompt: { ...sent, createdAt: 60_000, delivery: 'sending' } },
      { type: 'responses', responses: [response] },
    ])
    expect(refsOf(before).map(({ id }) => id)).toEqual(['a', 'r'])
    const after = reduce(before, [{ type: 'sent', id: 'a', serial: '2' }], rules)
    expect(refsOf(after)).toEqual(refsOf(before))
  })
})
