import fc from 'fast-check'
import { produce } from 'immer'
import { describe, expect, test } from 'vitest'
import type { ResponseState } from '../types/types.ts'
import { deliver } from './deliver.ts'
import { fates } from './fate.ts'
import { copied, emptyStructure, reduce } from './reduce.ts'
import type { StructureEvent, ToldPrompt } from './reduce.ts'

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
  ids.map((id) => ({ type: 'failed', id, error: new Error('refused') }) as const),
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

const all = (list: readonly StructureEvent[]) => reduce(emptyStructure, list, copied, rules)

describe('the reducer of the structure', () => {
  test('one batch, one by one, with immer or without: the same', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 20 }), (list) => {
        let single = emptyStructure
        for (const event of list) single = reduce(single, [event], produce, rules)
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
    expect(reduce(state, told, copied, rules)).toBe(state)
    expect(reduce(state, told, produce, rules)).toBe(state)
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

  test('a line keeps its object when it moves', () => {
    const at = (serial: string) =>
      ({ type: 'responses', responses: [{ id: 'r', serial, createdAt: 1 } as ResponseState] }) as const
    const before = all([{ type: 'prompt', prompt: prompt('p', '3') }, at('4')])
    const after = reduce(before, [at('2')], copied, rules)
    expect(refsOf(before).map(({ id }) => id)).toEqual(['p', 'r'])
    expect(refsOf(after).map(({ id }) => id)).toEqual(['r', 'p'])
    expect(refsOf(after)[0]).toBe(refsOf(before)[1])
  })
})
