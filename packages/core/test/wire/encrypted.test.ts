import * as Ably from 'ably'
import { createAgent } from '@rejoin/agent'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until, Wire } from './wire.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

const withKey = async () => ({
  channelOptions: { cipher: { key: await Ably.Realtime.Crypto.generateRandomKey() } },
})

test('an encrypted channel: whole with the key, live and late; without it, an error with a cure, and no text', async () => {
  const name = wire.channelName()
  const encrypted = await withKey()
  const agent = createAgent({ client: wire.client({ clientId: 'agent' }), channelName: name, ...encrypted })
  agent.onPrompt(async ({ text }, response) => {
    for (const piece of ['To ', text, ': a rope']) {
      response.append(piece)
      await response.flush()
    }
  })
  const live = wire.session(name, encrypted)
  await Promise.all([agent.ready, live.ready])
  const promptId = await live.sendMessage({ text: 'What?' })
  await until('the answer', () => live.getPrompt(promptId)?.status === 'answered')
  const late = wire.session(name, encrypted)
  await late.ready
  for (const session of [live, late]) {
    expect(session.getPrompt(promptId)?.text).toBe('What?')
    const { responseId = '' } = session.getPrompt(promptId)!
    expect(session.getResponse(responseId)).toMatchObject({
      text: 'To What?: a rope',
      verified: true,
      hasGap: false,
    })
  }
  for (const options of [{}, await withKey()]) {
    const without = wire.session(name, options)
    const errors: Error[] = []
    without.on('error', (error) => errors.push(error))
    await without.ready
    for (const { id } of without.getSnapshot().messages)
      expect(without.getResponse(id)).toMatchObject({ text: '', hasGap: true, verified: false })
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors)
      expect(error).toMatchObject({
        code: 'bad_message',
        message: expect.stringContaining('channelOptions: { cipher: { key } }'),
      })
  }
  await agent.close()
})

test('an agent without the key tells that it cannot read a prompt', async () => {
  const name = wire.channelName()
  const agent = createAgent({ client: wire.client({ clientId: 'agent' }), channelName: name })
  const error = new Promise((resolve) => agent.on('error', resolve))
  agent.onPrompt(() => {})
  const session = wire.session(name, await withKey())
  await Promise.all([agent.ready, session.ready])
  await session.sendMessage({ text: 'What?' })
  expect(await error).toMatchObject({
    code: 'bad_message',
    message: expect.stringContaining('cipher: { key }'),
  })
  await agent.close()
})

test('no message grows on an encrypted channel: Ably cannot join what was encrypted apart', async () => {
  const options = {
    client: wire.client({ clientId: 'agent' }),
    channelName: wire.channelName(),
    ...(await withKey()),
  }
  expect(() => createAgent({ ...options, pattern: 'message-per-response' })).toThrow(
    /^unable to create an agent; .*"message-per-token"/,
  )
})

test('what another agent appended on an encrypted channel is uncertain for readers who come later', async () => {
  const name = wire.channelName()
  const encrypted = await withKey()
  const channel = wire.client({ clientId: 'agent' }).channels.get(name, encrypted.channelOptions)
  const live = wire.session(name, encrypted)
  await live.ready
  const publish = (data: string, responseId: string) =>
    channel.publish({ name: 'response', data, extras: { headers: { responseId } } })
  const { serials } = await publish('A rope ', 'r')
  await channel.appendMessage({ serial: serials[0]!, data: 'is a bundle' })
  await publish('Whole', 'whole')
  await until('the text', () => live.getResponse('whole'))
  expect(live.getResponse('r')).toMatchObject({ text: 'A rope is a bundle', hasGap: false })
  const late = wire.session(name, encrypted)
  const errors: Error[] = []
  late.on('error', (error) => errors.push(error))
  await late.ready
  expect(late.getResponse('r')).toMatchObject({ hasGap: true, verified: false })
  expect(errors).toMatchObject([{ code: 'bad_message', message: expect.stringContaining('encrypted') }])
  expect(late.getResponse('whole')).toMatchObject({ text: 'Whole', hasGap: false })
})
