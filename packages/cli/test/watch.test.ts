import { createAgent } from '@rejoin/agent'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { render } from '../src/watch/render.ts'
import { watchChannel } from '../src/watch/watch.ts'
import { RestAgent } from './restAgent.ts'

let server: LocalAbly
let client: Realtime
beforeEach(async () => {
  server = await startLocalAbly()
  client = new Realtime({ ...server.clientOptions, clientId: 'agent', echoMessages: false })
})
afterEach(async () => {
  client.close()
  await server.close()
})

const channelName = 'ai:chat'

async function watching() {
  let written = ''
  const target = { key: server.key, url: server.url }
  const stop = await watchChannel(target, channelName, (text) => (written += text))
  const shows = (text: string) => expect.poll(() => written).toContain(text)
  return { stop, shows, written: () => written }
}

test('shows prompts, and responses as they grow', async () => {
  const { stop, shows, written } = await watching()
  await client.channels.get(channelName).publish('user-input', { promptId: 'p1', text: 'What is a rope?' })
  await shows('> agent: What is a rope?\n')
  const agent = createAgent({ client, channelName })
  const response = agent.respond({ responseId: 'r1', promptId: 'p1' })
  response.append('A rope ')
  await shows('< agent, r1:\nA rope ')
  response.append('is a bundle.')
  await shows('A rope is a bundle.')
  await response.end()
  await shows('A rope is a bundle.\n[complete, verified]\n')
  expect(written().match(/A rope/g)).toHaveLength(1)
  stop()
})

test('shows what came before', async () => {
  await new RestAgent(server, channelName, false, {}).answer('p1', ['A rope ', 'is a rope.'])
  const { stop, shows } = await watching()
  await shows('< agent, r1:\nA rope is a rope.\n[complete, verified]\n')
  stop()
})

test('marks gaps, and shows the text again when they are filled', async () => {
  const { stop, shows } = await watching()
  const publish = (name: string, data: string | undefined, more: object) =>
    client.channels.get(channelName).publish({
      name,
      data,
      extras: { headers: { rejoin: '1', presence: 'none', responseId: 'r1', part: '0', ...more } },
    })
  await publish('start', undefined, {})
  await publish('token', 'A rope ', { end: '7' })
  await publish('token', 'a bundle', { end: '18' })
  await shows('A rope ⟨3 missing⟩a bundle')
  await publish('response-complete', 'A rope is a bundle', { end: '18', phase: 'streaming' })
  await shows('r1, ')
  await shows(':\nA rope is a bundle')
  stop()
})

test('a gap stands where it is; one whose place is not known, before the text that it is in', () => {
  const part = { type: 'text' as const, id: '0', text: 'abcdef', state: 'streaming' as const }
  const gap = { part: '0', from: 2, to: 2, missing: 4 }
  expect(render({ parts: [part], gaps: [gap] })).toBe('ab⟨4 missing⟩cdef')
  expect(render({ parts: [part], gaps: [{ ...gap, missing: undefined }] })).toBe('ab⟨some text missing⟩cdef')
  const wide = { ...gap, to: 4 }
  expect(render({ parts: [part], gaps: [{ ...gap, part: '1' }, wide] })).toBe('ab⟨4 missing in⟩‹cd›ef')
})
