import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Prompt } from '../inbound/prompt.ts'
import type { Checkpoint } from './checkpoint.ts'
import { emptyLedger, reduceLedger, type LedgerEvent } from './ledger.ts'
import { mergeCheckpoints } from './mergeCheckpoints.ts'

/** Several processes with a ledger each save in one store, in any order, also what they knew long ago. */
const PROCESSES = 3

const prompt = (number: number) => ({ id: `p${number}`, serial: `s${number}`, text: '' }) as unknown as Prompt

type Step = { process: number; do: 'hear' | 'begin' | 'settle' | 'save'; prompt: number }

const steps = fc.array(
  fc.record<Step>({
    process: fc.nat({ max: PROCESSES - 1 }),
    do: fc.constantFrom('hear', 'begin', 'settle', 'save'),
    prompt: fc.nat({ max: 5 }),
  }),
  { maxLength: 60 },
)

function eventOf(step: Step): LedgerEvent {
  const asked = prompt(step.prompt)
  if (step.do === 'settle') return { type: 'settled', promptId: asked.id }
  if (step.do === 'begin') return { type: 'begun', prompt: asked, responseId: `r${step.process}` }
  return { type: 'received', prompt: asked, accepted: true }
}

test('what one process has to answer stays open until one has settled it, in whatever order they save', () => {
  fc.assert(
    fc.property(steps, (run) => {
      const ledgers = Array.from({ length: PROCESSES }, () => emptyLedger)
      const savedOpen = new Set<string>()
      const settled = new Set<string>()
      let stored: Checkpoint | undefined
      for (const step of run) {
        const known = ledgers[step.process]!
        if (step.do !== 'save') {
          // A prompt that is settled is not heard again: its process remembers it.
          if (step.do !== 'settle' && known.recent.includes(`p${step.prompt}`)) continue
          ledgers[step.process] = reduceLedger(known, eventOf(step))
          continue
        }
        stored = mergeCheckpoints(stored, known)
        for (const one of known.open) savedOpen.add(one.prompt.id)
        for (const id of known.recent) settled.add(id)
        const expected = [...savedOpen].filter((id) => !settled.has(id)).sort()
        expect(stored.open.map((one) => one.prompt.id).sort()).toEqual(expected)
        expect(stored.serial >= known.serial).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

test('a prompt whose answer has begun keeps its response', () => {
  const begun = { serial: 's1', open: [{ prompt: prompt(1), responseId: 'r' }], recent: [] }
  const heard = { serial: 's1', open: [{ prompt: prompt(1) }], recent: [] }
  expect(mergeCheckpoints(begun, heard).open).toEqual(begun.open)
  expect(mergeCheckpoints(heard, begun).open).toEqual(begun.open)
})

test('keeps the last 200 ids of settled prompts', () => {
  const of = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`)
  const merged = mergeCheckpoints(
    { serial: '', open: [], recent: of('a', 200) },
    { serial: '', open: [], recent: of('b', 150) },
  )
  expect(merged.recent).toEqual([...of('a', 200).slice(150), ...of('b', 150)])
})
