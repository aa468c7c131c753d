import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as Ably from 'ably'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startLocalAbly, type LocalAbly, type LogEvent, type WebhookRule } from '../index.ts'
import { uniqueName } from '../../test/clients.ts'

interface Post {
  headers: IncomingHttpHeaders
  text: string
}

/** Someone's endpoint: it keeps what comes, and answers as told. */
let endpoint: Server
let url: string
let posts: Post[] = []
let waiting: (() => void)[] = []
/** The status of each answer, by what was posted and how many came before; it may take its time. */
let answerTo: (post: Post, before: number) => number | Promise<number> = () => 200
beforeAll(async () => {
  endpoint = createServer((incoming, response) => {
    let text = ''
    incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    incoming.on('end', () => {
      const post = { headers: incoming.headers, text }
      const before = posts.push(post) - 1
      for (const check of waiting) check()
      void Promise.resolve(answerTo(post, before)).then((status) => response.writeHead(status).end())
    })
  }).listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/hook`
})
afterAll(() => void endpoint.close())
beforeEach(() => {
  posts = []
  answerTo = () => 200
  waiting = []
})

const received = (count: number): Promise<Post[]> =>
  new Promise((resolve) => {
    const check = () => posts.length >= count && resolve(posts)
    waiting.push(check)
    check()
  })

let server: LocalAbly
const logged: LogEvent[] = []
const start = async (...webhooks: WebhookRule[]) => {
  server = await startLocalAbly({ webhooks, log: (event) => logged.push(event) })
  return new Ably.Rest({ ...server.clientOptions, clientId: 'ann', logLevel: 0 })
}
afterEach(() => server.close())

const json = (post: Post | undefined) => JSON.parse(post!.text) as Record<string, any>

test('single requests carry one message each, in the envelope', async () => {
  const rest = await start({ url, headers: { 'x-secret': 's3' } })
  const name = uniqueName()
  await rest.channels.get(name).publish([
    { name: 'a', data: { deep: true } },
    { name: 'b', data: Buffer.from([1, 2]) },
  ])
  const all = await received(2)
  expect(all[0]!.headers).toMatchObject({
    'content-type': 'application/json',
    'x-ably-version': '1.2',
    'x-secret': 's3',
  })
  const envelopes = all.map(json).sort((one, two) => (one.messages[0].name < two.messages[0].name ? -1 : 1))
  expect(envelopes[0]).toMatchObject({
    source: 'channel.message',
    appId: 'local',
    channel: name,
    site: 'local',
    ruleId: expect.any(String) as string,
    messages: [
      {
        name: 'a',
        clientId: 'ann',
        id: expect.any(String) as string,
        timestamp: expect.any(Number) as number,
      },
    ],
  })
  const messages = await Ably.Realtime.Message.fromEncodedArray(
    envelopes.flatMap((one) => one.messages as object[]),
  )
  expect(messages.map(({ data }) => data as unknown)).toEqual([{ deep: true }, Buffer.from([1, 2])])
})

test('batched requests carry what came meanwhile, signed with the key', async () => {
  const rest = await start({ url, requestMode: 'batch', signingKeyId: 'local.key', batchWindow: 50 })
  const [one, two] = [uniqueName(), uniqueName()]
  let answer = (_status: number) => {}
  answerTo = (_post, before) => (before > 0 ? 200 : new Promise((resolve) => (answer = resolve)))
  await rest.channels.get(one).publish('n', '1')
  await received(1)
  for (const data of ['2', '3']) await rest.channels.get(one).publish('n', data)
  await rest.channels.get(two).publish('n', '4')
  answer(200)
  await received(2)
  const seen = () => posts.flatMap((post) => json(post).items as any[])
  expect(
    seen().map((item) => [item.source, item.name, item.data.channelId, item.data.messages[0].data]),
  ).toEqual([
    ['channel.message', 'channel.message', one, '1'],
    ['channel.message', 'channel.message', one, '2'],
    ['channel.message', 'channel.message', one, '3'],
    ['channel.message', 'channel.message', two, '4'],
  ])
  expect(seen()[0]).toMatchObject({
    webhookId: expect.any(String) as string,
    serial: expect.any(String) as string,
    timestamp: expect.any(Number) as number,
    data: { site: 'local' },
  })
  for (const { headers, text } of posts) {
    expect(headers['x-ably-key']).toBe('local.key')
    expect(headers['x-ably-signature']).toBe(createHmac('sha256', 'secret').update(text).digest('base64'))
  }
})

test('the filter is a pattern over channel names', async () => {
  const rest = await start({ url, channelFilter: '^wake:' })
  await rest.channels.get('chat:1').publish('n', 'not this')
  await rest.channels.get('wake:chat:1').publish('n', 'this')
  await received(1)
  expect(posts.map((post) => json(post).channel as string)).toEqual(['wake:chat:1'])
})

test('changes of messages are events too; ephemeral messages are not', async () => {
  const rest = await start({ url, requestMode: 'batch', batchWindow: 10 })
  const channel = rest.channels.get(uniqueName())
  await channel.publish({ name: 'gone', data: 'x', extras: { ephemeral: true } })
  const { serials } = await channel.publish('n', 'Hello')
  await channel.appendMessage({ serial: serials[0]!, data: ' world' })
  await channel.updateMessage({ serial: serials[0]!, data: 'Hi' })
  await channel.deleteMessage({ serial: serials[0]! })
  const seen = () =>
    posts.flatMap((post) => (json(post).items as any[]).flatMap((item) => item.data.messages as any[]))
  while (seen().length < 4) await received(posts.length + 1)
  expect(seen().map(({ action, data }) => [action, data])).toEqual([
    [0, 'Hello'],
    [5, ' world'],
    [1, 'Hi'],
    [2, 'Hi'],
  ])
})

test('a single request that fails is tried twice more; one that is refused is not', async () => {
  const rest = await start({ url, retryAfter: 20 })
  answerTo = (_post, before) => [500, 503, 500, 404][before] ?? 200
  const name = uniqueName()
  await rest.channels.get(name).publish('n', 'fails')
  await received(3)
  expect(posts.map((post) => json(post).messages[0].data as string)).toEqual(['fails', 'fails', 'fails'])
  await expect.poll(() => logged.some(({ text }) => text?.includes('given up'))).toBe(true)
  await rest.channels.get(name).publish('n', 'refused')
  await rest.channels.get(name).publish('n', 'goes on')
  await received(5)
  expect(
    posts
      .slice(3)
      .map((post) => json(post).messages[0].data as string)
      .sort(),
  ).toEqual(['goes on', 'refused'])
})

test('a batch that fails is sent again, in order, with what came since', async () => {
  const rest = await start({ url, requestMode: 'batch', batchWindow: 5, retryAfter: 30 })
  answerTo = ({ text }) => (text.includes('"data":"2"') ? 200 : 500)
  const channel = rest.channels.get(uniqueName())
  await channel.publish('n', '1')
  await received(1)
  await channel.publish('n', '2')
  const batches = () =>
    posts.map((post) =>
      (json(post).items as any[]).map((item) => item.data.messages[0].data as string).join(' '),
    )
  while (!batches().includes('1 2')) await received(posts.length + 1)
  expect([...new Set(batches())]).toEqual(['1', '1 2'])
})

test('without an envelope the body is the payload', async () => {
  const rest = await start({ url, enveloped: false })
  const name = uniqueName()
  await rest.channels.get(name).publish('greeting', 'Hello')
  await received(1)
  await rest.channels.get(name).publish('thing', { a: 1 })
  const [text, object] = await received(2)
  expect(text!.text).toBe('Hello')
  expect(text!.headers).toMatchObject({
    'content-type': 'text/plain',
    'x-ably-envelope-channel': name,
    'x-ably-envelope-appid': 'local',
    'x-ably-envelope-source': 'channel.message',
    'x-ably-message-name': 'greeting',
    'x-ably-message-client-id': 'ann',
  })
  expect([object!.headers['content-type'], object!.text]).toEqual(['application/json', '{"a":1}'])
})

test('an endpoint that is not there keeps nobody waiting, and closing ends it', async () => {
  const rest = await start(
    { url: 'http://127.0.0.1:1/', retryAfter: 100_000 },
    { url: 'http://127.0.0.1:1/', requestMode: 'batch', retryAfter: 100_000 },
  )
  await rest.channels.get('c').publish('n', 'x')
  await expect
    .poll(() => logged.filter(({ text }) => text?.includes('127.0.0.1:1')).length)
    .toBeGreaterThanOrEqual(2)
})

test.each<[rule: object, names: RegExp]>([
  [{}, /url/],
  [{ url: 'nowhere' }, /url/],
  [{ url: 'http://x/', channelFilter: '(' }, /channelFilter/],
  [{ url: 'http://x/', channelFilter: '(?=a)' }, /channelFilter/],
  [{ url: 'http://x/', requestMode: 'batch', signingKeyId: 'local.nobody' }, /signingKeyId/],
  [{ url: 'http://x/', requestMode: 'batch', enveloped: false }, /enveloped/],
  [{ url: 'http://x/', enveloped: 'no' }, /enveloped/],
  [{ url: 'http://x/', requestMode: 'bulk' }, /requestMode/],
  [{ url: 'http://x/', signingKeyId: 'local.key' }, /signingKeyId/],
  [{ url: 'http://x/', requestMode: 'batch', signingKeyId: 5 }, /signingKeyId/],
  [{ url: 'http://x/', headers: { 'x secret': 's3' } }, /headers/],
  [{ url: 'http://x/', headers: { 'x-secret': 's\n3' } }, /headers/],
  [{ url: 'http://x/', headers: 'x-secret' }, /headers/],
  [{ url: 'http://x/', retryAfter: -1 }, /retryAfter/],
  [{ url: 'http://x/', requestMode: 'batch', batchWindow: '10' }, /batchWindow/],
  [{ url: 'http://x/', source: { type: 'channel.presence' } }, /source/],
])('a rule that cannot work is refused at the start: %j', async (rule, names) => {
  await start()
  await expect(startLocalAbly({ webhooks: [rule as WebhookRule] })).rejects.toThrow(names)
})
