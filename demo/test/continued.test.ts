import { expect, test } from 'vitest'
import { continuedBy } from '../agent/continued.ts'
import { conversationOf } from './conversation.ts'

test('the rest of an answer, and the rest of the rest, are asked of its first prompt', () => {
  const conversation = conversationOf('Tell me', 'Once upon', 'Continue', ' a time', 'Continue')
  const second = conversation.messages[2] as { metadata?: unknown }
  second.metadata = { continues: 'r1' }
  const found = continuedBy({ metadata: { continues: 'r3' } }, conversation)
  expect(found?.prompt.text).toBe('Tell me')
  expect(found?.length).toBe('Once upon a time'.length)
  expect(found?.conversation.messages).toHaveLength(1)
})

test('metadata that names no answer, or names a later one, asks for no rest', () => {
  const conversation = conversationOf('Tell me', 'Once', 'Continue')
  for (const metadata of [undefined, null, 1, {}, { continues: 'p0' }, { continues: 'gone' }])
    expect(continuedBy({ metadata }, conversation)).toBeUndefined()
})

test('answers that name each other end', () => {
  const conversation = conversationOf('One', 'a', 'Two', 'b', 'Three')
  for (const [at, continues] of [
    [0, 'r3'],
    [2, 'r1'],
  ] as const)
    (conversation.messages[at] as { metadata?: unknown }).metadata = { continues }
  expect(continuedBy({ metadata: { continues: 'r3' } }, conversation)?.prompt.text).toBe('One')
})
