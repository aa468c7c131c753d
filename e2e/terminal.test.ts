import { expect, test } from 'vitest'
import { patterns } from './chat.ts'
import { Somebody } from './somebody.ts'
import { useOwnDemo } from './stage.ts'
import { answers } from './truth.ts'

// The terminal shows sentences: no stack, no warning of Node.js, whatever is clicked.

const demo = useOwnDemo({ DEMO_SPEED: '5000', DEMO_RESTART_AFTER: '100', DEMO_ORDERS_PORT: '' })

const faults: Record<string, unknown>[] = [
  { kind: 'lose' },
  { kind: 'every', n: 3 },
  { kind: 'heal' },
  { kind: 'slow', tab: 'a-tab', milliseconds: 100 },
  { kind: 'drop', tab: 'a-tab', milliseconds: 200 },
  { kind: 'restart', memory: true },
  { kind: 'kill' },
  { kind: 'restart', memory: false },
  { kind: 'nonsense' },
  { kind: 'every', n: '\0' },
]

/** Those that write a text by themselves, too: each of their tokens has a listener. */
const prompts = [answers.scripted.prompt, 'Book a table for two tonight', 'What is the weather where I am?']

test.each(patterns)('every fault in mid-answer, then deleted and signed out: %s', async (pattern) => {
  const somebody = await Somebody.withConversation(demo, pattern)
  const { connection } = somebody.client
  for (const [nth, fault] of faults.entries()) {
    const heard = somebody.hears(1)
    await somebody.channel.publish('user-input', { promptId: `p${nth}`, text: prompts[nth % prompts.length] })
    await heard
    const cut = new Promise((resolve) => connection.once('disconnected', resolve))
    await somebody.call('POST', '/faults', fault)
    if (fault.kind === 'restart') await cut
    await connection.whenState('connected')
  }
  // Many answers at once, each with listeners of its own.
  const many = Array.from({ length: 14 }, (_, nth) =>
    somebody.channel.publish('user-input', { promptId: `q${nth}`, text: answers.scripted.prompt }),
  )
  await Promise.allSettled([...many, somebody.channel.publish('cancel', null)])
  expect((await somebody.call('DELETE', '')).status).toBe(204)
  expect((await somebody.signOut()).status).toBe(204)
  somebody.client.close()
  // What the agent had to say of the deleted conversation comes before what it does for the next one.
  const other = await Somebody.withConversation(demo, pattern)
  const heard = other.hears(2)
  await other.call('GET', '/token')
  await other.channel.publish('user-input', { promptId: 'last', text: answers.scripted.prompt })
  await heard
  other.client.close()
  expect(demo.output()).not.toMatch(/^\s+at |Warning|Unhandled|unhandled error|\[object/m)
})
