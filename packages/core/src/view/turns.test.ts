import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryOf } from '../../test/model/plainPath.ts'
import type { Line, Place } from '../../test/model/plainPath.ts'
import { keyOf } from '../response/entry.ts'
import type { Entry } from '../response/entry.ts'
import { noLines } from '../response/lines.ts'
import { Branches } from '../session/branches.ts'
import type { MessageRef } from '../types/types.ts'
import { createTurns } from './turns.ts'
import type { Turn } from './turns.ts'

const ask = (id: string, more: Place = {}): Line => ({ id, role: 'user', ...more })
const answer = (id: string, promptId?: string): Line => ({ id, role: 'assistant', promptId })

/** What turns need of a session, over the real tree. */
class Conversation {
  #entries: Entry[] = []
  #lines = noLines
  #state = { messages: [] as readonly MessageRef[], entries: [] as readonly MessageRef[] }
  readonly #branches = new Branches({}, () => this.#show())
  readonly lines = new Map<string, Line>()
  readonly turns = createTurns({
    getSnapshot: () => this.#state as never,
    getResponsePromptId: (id) => this.lines.get(id)?.promptId,
    getBranch: (id) => this.#branches.branch(id),
    getAnswerBranch: (id) => this.#branches.answers(id),
    selectBranch: (id) => this.#branches.select(id),
    subscribe: () => () => {},
  })

  constructor(lines: readonly Line[]) {
    for (const line of lines) this.add(line)
  }

  add(line: Line): void {
    const { id } = line
    this.lines.set(id, line)
    this.#entries = [...this.#entries.filter((entry) => entry.id !== id), entryOf(line)]
    this.#lines = noLines.with(new Map(this.#entries.map((one) => [keyOf(one), one])))
    this.#show()
  }

  get messages(): readonly MessageRef[] {
    return this.#state.messages
  }

  #show(): void {
    const { refs: messages } = this.#branches.pathOf({ entries: this.#lines } as never)
    this.#state = { messages, entries: this.#lines.shown.refs }
  }
}

const brief = ({ id, responseIds, promptVersions, answerVersions }: Turn): string =>
  [
    `${id}:${responseIds.join('+')}`,
    promptVersions && `p${promptVersions.index + 1}/${promptVersions.versions.length}`,
    answerVersions && `a${answerVersions.index + 1}/${answerVersions.versions.length}`,
  ]
    .filter(Boolean)
    .join(' ')

const shown = ({ turns }: Conversation): string[] => turns.getSnapshot().map(brief)

describe('turns', () => {
  test('answers stand with their prompts, also when these came at once', () => {
    const at = new Conversation([
      ask('p1'),
      ask('p2'),
      answer('r2', 'p2'),
      answer('r1', 'p1'),
      answer('s1', 'p1'),
    ])
    expect(shown(at)).toEqual(['p1:r1+s1', 'p2:r2'])
  })

  test('an answer that nobody asked for stands where it came', () => {
    const at = new Conversation([answer('r0'), ask('p1'), answer('r1', 'p1'), answer('r2')])
    expect(shown(at)).toEqual(['answer:r0:r0', 'p1:r1+r2'])
    expect(at.turns.getSnapshot()[0]!.promptId).toBeUndefined()
  })

  test('an answer that learns later what it answers moves to its prompt', () => {
    const at = new Conversation([ask('p1'), ask('p2'), answer('r1')])
    expect(shown(at)).toEqual(['p1:', 'p2:r1'])
    at.lines.set('r1', answer('r1', 'p1'))
    expect(shown(at)).toEqual(['p1:r1', 'p2:'])
  })

  test('versions of prompts and answers, back and forth', () => {
    const at = new Conversation([
      ask('p1'),
      answer('r1', 'p1'),
      ask('q', { replaces: 'p1', regenerate: 'r1' }),
    ])
    // The answer that was asked for has not begun: its prompt tells how that goes.
    expect(shown(at)).toEqual(['p1: a2/2'])
    expect(at.turns.getSnapshot()[0]!.askId).toBe('q')
    at.add(answer('r9', 'q'))
    expect(shown(at)).toEqual(['p1:r9 a2/2'])
    at.turns.choose('p1')
    expect(shown(at)).toEqual(['p1:r1 a1/2'])
    at.add(ask('p3', { replaces: 'p1' }))
    at.turns.choose('p3')
    expect(shown(at)).toEqual(['p3: p2/2'])
    at.turns.choose('q')
    expect(shown(at)).toEqual(['p1:r9 p1/2 a2/2'])
  })

  test('of two other answers that have not begun, the chosen one is told, though no message changes', () => {
    const at = new Conversation([
      ask('p1'),
      answer('r1', 'p1'),
      ask('q1', { replaces: 'p1', regenerate: 'r1' }),
      ask('q2', { replaces: 'p1', regenerate: 'r1' }),
    ])
    expect(shown(at)).toEqual(['p1: a3/3'])
    const { messages } = at
    at.turns.choose('q1')
    expect(at.messages).toBe(messages)
    expect(shown(at)).toEqual(['p1: a2/3'])
    expect(at.turns.getSnapshot()[0]!.askId).toBe('q1')
  })

  test('a turn keeps its id when its prompt is loaded', () => {
    const at = new Conversation([answer('r1', 'p1')])
    expect(shown(at)).toEqual(['p1:r1'])
    at.add(ask('p1'))
    expect(shown(at)).toEqual(['p1:r1'])
    expect(at.turns.getSnapshot()[0]!.promptId).toBe('p1')
  })
})

const step = fc.record({ kind: fc.nat(5), n: fc.nat(), choose: fc.boolean() })

/** The next line of a conversation, as the tree may have it. */
function lineOf({ kind, n }: { kind: number; n: number }, i: number, lines: readonly Line[]): Line {
  const one = (role: Line['role']) => {
    const list = lines.filter((line) => line.role === role)
    return list.length ? list[n % list.length] : undefined
  }
  const [asked, answered] = [one('user'), one('assistant')]
  if (kind < 2 && asked) return answer(`r${i}`, asked.id)
  if (kind === 2) return answer(`r${i}`, n % 2 ? 'unloaded' : undefined)
  if (kind === 3 && asked) return ask(`p${i}`, { replaces: asked.id })
  if (kind === 4 && answered?.promptId !== undefined)
    return ask(`p${i}`, { replaces: answered.promptId, regenerate: answered.id })
  return ask(`p${i}`)
}

/** The prompt that an ask stands for: itself, or the one whose answer it asks anew. */
function questionOf(lines: ReadonlyMap<string, Line>, promptId: string | undefined): string | undefined {
  const ask = promptId === undefined ? undefined : lines.get(promptId)
  const replaced = ask?.regenerate === undefined ? undefined : lines.get(ask.replaces ?? '')
  return replaced ? questionOf(lines, replaced.id) : ask?.id
}

test('turns hold the path: each message once, answers with the prompt that asks for them, and nothing alike anew', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const at = new Conversation([])
      let before = at.turns.getSnapshot()
      steps.forEach((one, i) => {
        const lines = [...at.lines.values()]
        at.add(lineOf(one, i, lines))
        const chosen = lines.filter(({ role }) => role === 'user')
        if (one.choose && chosen.length) at.turns.choose(chosen[one.n % chosen.length]!.id)
        const turns = at.turns.getSnapshot()
        expect(at.turns.getSnapshot()).toBe(turns)

        const idsOf = (role: string) => at.messages.filter((m) => m.role === role).map(({ id }) => id)
        expect(turns.map((turn) => turn.promptId).filter((id) => id !== undefined)).toEqual(idsOf('user'))
        expect(turns.flatMap((turn) => turn.responseIds).toSorted()).toEqual(idsOf('assistant').toSorted())
        expect(new Set(turns.map(({ id }) => id)).size).toBe(turns.length)
        for (const turn of turns)
          for (const id of turn.responseIds) {
            const { promptId } = at.lines.get(id)!
            if (promptId !== undefined && turn.promptId !== undefined) expect(promptId).toBe(turn.askId)
            // An answer whose question shows stands with it.
            const question = questionOf(at.lines, promptId)
            if (turn.promptId === undefined && question !== undefined)
              expect(idsOf('user')).not.toContain(question)
          }

        const known = new Map(before.map((turn) => [JSON.stringify(turn), turn]))
        for (const turn of turns) {
          const same = known.get(JSON.stringify(turn))
          if (same) expect(turn).toBe(same)
        }
        before = turns
      })
    }),
    { numRuns: 500 },
  )
})
