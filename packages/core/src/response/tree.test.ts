import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyOf, refOf } from './entry.ts'
import type { Entry } from './entry.ts'
import { noLines } from './lines.ts'
import type { Lines } from './lines.ts'
import { entryOf, plainPath } from '../../test/model/plainPath.ts'
import type { Line, Place } from '../../test/model/plainPath.ts'
import { Tree } from './tree.ts'

const ask = (id: string, more: Place = {}): Line => ({ id, role: 'user', ...more })
const answer = (id: string, promptId: string): Line => ({ id, role: 'assistant', promptId })

const entriesOf = (lines: readonly Line[]): Entry[] => lines.map(entryOf)

const linesOf = (entries: readonly Entry[], before = noLines): Lines =>
  before.with(new Map(entries.map((entry) => [keyOf(entry), entry])))

const idsOf = (tree: Tree, selected: readonly string[] = []) => tree.path(selected).refs.map(({ id }) => id)

function path(lines: readonly Line[], selected: readonly string[] = []): string {
  const tree = new Tree()
  tree.update(linesOf(entriesOf(lines)))
  return idsOf(tree, selected).join(' ')
}

describe('the path', () => {
  test.each<[string, Line[], string[], string]>([
    ['no declarations', [ask('p1'), answer('r1', 'p1'), ask('p2'), answer('r2', 'p2')], [], 'p1 r1 p2 r2'],
    [
      'two devices at once',
      [ask('p1', { parent: null }), ask('p2', { parent: null }), answer('r1', 'p1'), answer('r2', 'p2')],
      [],
      'p1 p2 r1 r2',
    ],
  ])('%s', (_name, lines, selected, expected) => expect(path(lines, selected)).toBe(expected))

  const edit = [
    ask('p1'),
    answer('r1', 'p1'),
    ask('p2', { parent: 'r1' }),
    answer('r2', 'p2'),
    ask('p3', { replaces: 'p1' }),
    answer('r3', 'p3'),
  ]

  test('an edit shows instead of what it replaces, and of all that followed', () => {
    expect(path(edit)).toBe('p3 r3')
    expect(path(edit, ['p1'])).toBe('p1 r1 p2 r2')
    expect(path(edit, ['p1', 'p3'])).toBe('p3 r3')
  })

  test('the conversation goes on where someone last spoke; pins stay', () => {
    const on = [...edit, ask('p4', { parent: 'r2' }), answer('r4', 'p4')]
    expect(path(on)).toBe('p1 r1 p2 r2 p4 r4')
    expect(path(on, ['p3'])).toBe('p3 r3')
  })

  test('another answer further up; and back', () => {
    const again = [...edit.slice(0, 4), ask('q', { replaces: 'p1', regenerate: 'r1' }), answer('r9', 'q')]
    expect(path(again)).toBe('p1 r9')
    expect(path(again, ['p1'])).toBe('p1 r1 p2 r2')
    const tree = new Tree()
    tree.update(linesOf(entriesOf(again)))
    expect(tree.branch('r9')).toEqual({ versions: ['p1', 'q'], index: 1 })
    expect(tree.branch('r1')).toEqual({ versions: ['p1', 'q'], index: 0 })
    expect(tree.branch('p1')).toBeUndefined()
    expect(tree.answers('p1', [])).toEqual({ versions: ['p1', 'q'], index: 1 })
    expect(tree.answers('p1', ['p1'])).toEqual({ versions: ['p1', 'q'], index: 0 })
    expect(tree.answers('p2', [])).toBeUndefined()
  })

  test('a prompt that arrives after what replaces it never follows it, and hides nothing else', () => {
    expect(path([ask('p2', { replaces: 'p1' }), ask('p1')])).toBe('p1')
    expect(path([ask('p2', { replaces: 'p1' }), answer('r2', 'p2'), ask('p1'), answer('r1', 'p1')])).toBe(
      'p1 r1',
    )
    expect(path([ask('p1'), answer('r1', 'p1'), ask('p2', { replaces: 'p1', parent: 'r1' })])).toBe('p2')
    expect(path([ask('p1'), ask('p2', { replaces: 'p1', parent: 'p1' })])).toBe('p2')
  })

  test('several answers to one ask all show; a history that begins in the middle', () => {
    expect(path([ask('p1'), answer('r1', 'p1'), answer('s1', 'p1')])).toBe('p1 r1 s1')
    const middle = [answer('r0', 'p0'), ask('p3', { replaces: 'p0', parent: null }), answer('r3', 'p3')]
    expect(path(middle)).toBe('p3 r3')
    expect(path(middle, ['p0'])).toBe('r0')
  })

  test('a late answer does not turn the conversation', () => {
    const late = [ask('p1'), ask('p3', { replaces: 'p1' }), answer('r1', 'p1'), answer('r3', 'p3'), ask('p4')]
    expect(path(late)).toBe('p3 r3 p4')
  })
})

const conversation: fc.Arbitrary<Line[]> = fc
  .array(fc.tuple(fc.nat(9), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 25 })
  .map((steps) => {
    const lines: Line[] = []
    steps.forEach(([kind, n, loaded], i) => {
      const asks = lines.filter((line) => line.role === 'user')
      const answers = lines.filter((line) => line.role === 'assistant')
      const one = <T>(list: readonly T[]) => (list.length ? list[n % list.length] : undefined)
      const asked = one(asks)
      const answered = one(answers)
      if (kind < 4 && asked) lines.push(answer(`r${i}`, loaded || kind > 0 ? asked.id : 'old'))
      else if (kind === 4 && asked) lines.push(ask(`p${i}`, { replaces: loaded ? asked.id : 'old' }))
      else if (kind === 5 && answered)
        lines.push(ask(`p${i}`, { replaces: answered.promptId!, regenerate: answered.id }))
      else if (kind === 6) lines.push(ask(`p${i}`, { parent: one(lines)?.id ?? null }))
      else if (kind === 7) lines.push(ask(`p${i}`, { parent: loaded ? null : 'nowhere' }))
      else lines.push(ask(`p${i}`))
    })
    return lines
  })

describe('law 14', () => {
  test('the fold is that of the design, however it is cut', () => {
    fc.assert(
      fc.property(conversation, fc.nat(), (lines, cut) => {
        const entries = entriesOf(lines)
        const tree = new Tree()
        const before = linesOf(entries.slice(0, cut % (lines.length + 1)))
        tree.update(before)
        idsOf(tree)
        tree.update(linesOf(entries, before))
        expect(idsOf(tree)).toEqual(plainPath(lines))
      }),
      { numRuns: 3_000 },
    )
  })

  test('nothing is hidden without a declaration; the newest prompt shows; a later entry moves no parent', () => {
    fc.assert(
      fc.property(conversation, fc.array(fc.nat()), (lines, picks) => {
        const shown = path(lines).split(' ')
        const ids = lines.map(({ id }) => id)
        expect(shown).toEqual(ids.filter((id) => shown.includes(id)))
        const isPlain = !lines.some(({ replaces, promptId }) => replaces !== undefined || promptId === 'old')
        if (isPlain) expect(shown).toEqual(ids)
        const newest = lines.findLast(({ role }) => role === 'user')
        if (newest && newest.regenerate === undefined) expect(shown).toContain(newest.id)
        const prompts = lines.filter(({ role }) => role === 'user')
        const parents = (n: number) => {
          const tree = new Tree()
          tree.update(linesOf(entriesOf(lines.slice(0, n))))
          return prompts.map(({ id }) => tree.parentOf(id))
        }
        const whole = parents(lines.length)
        for (let n = 1; n < lines.length; n++)
          parents(n).forEach((parent, i) => {
            if (lines.indexOf(prompts[i]!) < n) expect(parent).toBe(whole[i])
          })
        // With any choice, a path is a part of the list, and choosing a prompt shows what it stands for.
        const selected = picks.map((n) => prompts[n % (prompts.length || 1)]?.id ?? 'none')
        const chosen = path(lines, selected).split(' ')
        expect(chosen.filter(Boolean)).toEqual(ids.filter((id) => chosen.includes(id)))
        const last = prompts.find(({ id }) => id === selected.at(-1))
        if (last && last.regenerate === undefined) expect(chosen).toContain(last.id)
      }),
      { numRuns: 3_000 },
    )
  })
})

test('a path that grows line by line is that of the whole, whatever is selected', () => {
  fc.assert(
    fc.property(conversation, fc.array(fc.nat(), { maxLength: 3 }), (lines, picks) => {
      const entries = entriesOf(lines)
      const selected = picks.map((n) => lines[n % lines.length]!.id)
      const tree = new Tree()
      let list = noLines
      let before = tree.path(selected)
      for (let n = 1; n <= lines.length; n++) {
        // Its serial comes later, as of what this session sends.
        const sent = entryOf(lines[n - 1]!)
        list = linesOf([entries[n - 1]!], linesOf([sent], list))
        const kept = [...before.refs]
        tree.update(list)
        const now = tree.path(selected)
        expect(before.refs).toEqual(kept)
        expect(now.refs.map(({ id }) => id).join(' ')).toBe(path(lines.slice(0, n), selected))
        expect(now === before).toBe(sameRefs(now.refs, before.refs))
        before = now
      }
    }),
    { numRuns: 2_000 },
  )
})

const sameRefs = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((one, i) => one === b[i])

/** Entries that count how often something looks at them. */
function counted(lines: readonly Line[]): { entries: Entry[]; looks(): number } {
  let looks = 0
  const entries = entriesOf(lines).map((entry) => {
    const { id } = entry
    const ref = refOf(entry)
    return Object.defineProperties(entry, {
      id: { get: () => (looks++, id) },
      ref: { get: () => (looks++, ref) },
    })
  })
  return {
    entries,
    looks: () => {
      const n = looks
      looks = 0
      return n
    },
  }
}

describe('10,000 lines', () => {
  const lines = (branches: boolean): Line[] =>
    Array.from({ length: 5_000 }, (_, i) => [
      ask(`p${i}`, branches && i % 10 === 9 ? { replaces: `p${i - 3}` } : {}),
      answer(`r${i}`, `p${i}`),
    ]).flat()

  test('with 500 branches: what is appended costs its own place only', () => {
    const { entries, looks } = counted(lines(true))
    const tree = new Tree()
    let list = linesOf(entries.slice(0, -100))
    tree.update(list)
    const selected: string[] = []
    tree.path(selected)
    for (const entry of entries.slice(-100)) {
      list = linesOf([entry], list)
      looks()
      tree.update(list)
      tree.path(selected)
      // An edit hides what followed: the path is another one.
      if (entry.replaces === undefined) expect(looks()).toBeLessThan(20)
    }
    expect(idsOf(tree).at(-1)).toBe('r4999')
  })

  test('without any: what is appended, or comes before, costs its own place only', () => {
    const { entries, looks } = counted(lines(false))
    const tree = new Tree()
    let list = linesOf(entries.slice(5_000))
    looks()
    tree.update((list = linesOf(entries.slice(4_900, 5_000), list)))
    expect(tree.path([]).length).toBe(5_100)
    // Its key, once or twice.
    expect(looks()).toBeLessThan(100 * 20)
  })
})
