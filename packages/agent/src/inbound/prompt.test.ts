import type { InboundMessage } from 'ably'
import { expect, test } from 'vitest'
import { readPrompt } from './prompt.ts'

const read = (data: object) =>
  readPrompt({ name: 'user-input', serial: 's', timestamp: 1, data } as unknown as InboundMessage, false)

test('a prompt knows where it belongs, so that its row does', () => {
  expect(read({ promptId: 'q', text: 'Again', replaces: 'p', regenerate: 'r', parent: 'o' })).toMatchObject({
    replaces: 'p',
    regenerate: 'r',
    parent: 'o',
  })
  expect(read({ promptId: 'p', text: 'First', parent: null })).toHaveProperty('parent', null)
  for (const odd of [{}, { parent: 7, regenerate: null }]) {
    const prompt = read({ promptId: 'p', text: 'Hello', ...odd })
    expect(prompt).not.toHaveProperty('parent')
    expect(prompt).not.toHaveProperty('regenerate')
  }
})
