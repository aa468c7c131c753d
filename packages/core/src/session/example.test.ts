import { expect, test } from 'vitest'
import { Conversation } from '../response/conversation.ts'
import { streamExample } from './example.ts'

test('an example has an answer of each pattern, as the fast path leaves them', () => {
  const conversation = new Conversation('', {})
  expect(streamExample(conversation)).toMatchObject({ responseId: 'message', version: '4' })
  const shown = conversation.dirty.map((response) => {
    conversation.publish(response)
    const { status, text, hasGap } = response.snapshot!
    return { id: response.id, status, text, hasGap, pieces: response.parts.runs().map((run) => run.kept) }
  })
  expect(shown).toEqual([
    { id: 'token', status: 'streaming', text: '..', hasGap: false, pieces: [0] },
    { id: 'message', status: 'streaming', text: '..', hasGap: false, pieces: [0] },
  ])
})
