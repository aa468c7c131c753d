import { expect, test } from 'vitest'
import { respond } from '../agent/respond.ts'
import { createModel } from '../agent/model.ts'
import type { Asking } from '../agent/asking.ts'
import { conversationOf } from './conversation.ts'

/** The answer to the last of these texts, which asks for the rest of the answer before it. */
async function restOf(...texts: string[]): Promise<string> {
  const conversation = conversationOf(...texts)
  const prompt = { ...conversation.messages.at(-1)!, metadata: { continues: `r${texts.length - 2}` } }
  let said = ''
  const response = {
    signal: new AbortController().signal,
    resumed: false,
    append: (text: string) => void (said += text),
  }
  const pace = { wait: () => Promise.resolve() }
  const model = createModel({ provider: 'recorded', recordings: '/none', speed: 1 })
  await respond({ model, prompt, response, conversation, pace } as unknown as Asking)
  return said
}

test('an answer that depends on the conversation goes on as if it had not been cut', async () => {
  const begun = 'You have asked me this, in this order:'
  const asked = 'What have I asked so far?'
  expect(begun + (await restOf('Who are you?', 'Nobody', asked, begun, 'Continue'))).toBe(
    'You have asked me this, in this order:\n\n1. Who are you?',
  )
})
