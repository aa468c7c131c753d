import { expect, test } from 'vitest'
import { turnsOf, type Chosen } from '../web/common/turns.ts'

/** Prompts in order, `id` or `id>replaced`, each with an answer of its own. */
function shown(prompts: string, chosen: Chosen = {}): string {
  const asked = prompts.split(' ').map((one) => one.split('>') as [string, string?])
  const messages = asked.flatMap(([id]) => [
    { id, role: 'user' as const },
    { id: `${id}!`, role: 'assistant' as const },
  ])
  const session = {
    getPrompt: (id: string) => ({ replaces: asked.find(([one]) => one === id)?.[1] }),
    getResponse: (id: string) => ({ promptId: id.slice(0, -1) }),
  } as unknown as Parameters<typeof turnsOf>[1]
  return turnsOf(messages, session, chosen)
    .map(({ id, version, versions }) => (versions && versions > 1 ? `${id}(${version}/${versions})` : id))
    .join(' ')
}

test('without versions everything shows', () => {
  expect(shown('a b c')).toBe('a a! b b! c c!')
})

test('of a prompt the newest version shows, or the one that is chosen', () => {
  expect(shown('a b b2>b')).toBe('a a! b2(2/2) b2!')
  expect(shown('a b b2>b', { b: 1 })).toBe('a a! b(1/2) b!')
  expect(shown('a b b2>b b3>b2', { b: 2 })).toBe('a a! b2(2/3) b2!')
})

test('what follows a version belongs to that version', () => {
  expect(shown('a b c b2>b')).toBe('a a! b2(2/2) b2!')
  expect(shown('a b c b2>b', { b: 1 })).toBe('a a! b(1/2) b! c c!')
  expect(shown('a b c b2>b d')).toBe('a a! b2(2/2) b2! d d!')
  expect(shown('a b c b2>b d', { b: 1 })).toBe('a a! b(1/2) b! c c!')
  expect(shown('a a2>a b b2>b', { a: 1 })).toBe('a(1/2) a!')
})

test('a prompt that is only known from what replaced it counts', () => {
  expect(shown('b2>b c')).toBe('b2(2/2) b2! c c!')
})
