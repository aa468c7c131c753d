import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Bench } from '../../test/agentBench.ts'
import { memoryClaims, promptRoute, readWake, type PromptRouteOptions } from '../index.ts'

/** Someone's server that speaks fetch, on node:http. */
let endpoint: Server
let url: string
let posts: { headers: Record<string, string>; body: string }[] = []
let waiting: (() => void)[] = []
let handle: (request: Request) => Promise<Response> = async () => new Response()
beforeAll(async () => {
  endpoint = createServer((incoming, outgoing) => {
    let body = ''
    incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    incoming.on('end', () => {
      const headers = incoming.headers as Record<string, string>
      posts.push({ headers, body })
      for (const check of waiting) check()
      void handle(request({ headers, body })).then(({ status }) => outgoing.writeHead(status).end())
    })
  }).listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/wake`
})
afterAll(() => void endpoint.close())

let bench: Bench
afterEach(async () => {
  posts = []
  waiting = []
  handle = async () => new Response()
  await bench.close()
})

function request({ headers, body }: { headers: Record<string, string>; body: string }): Request {
  return new Request('http://agent.test/wake', { method: 'POST', headers, body })
}

const received = (count: number) =>
  new Promise<void>((resolve) => {
    const check = () => posts.length >= count && resolve()
    waiting.push(check)
    check()
  })

const post = (body: unknown) => request({ headers: {}, body: JSON.stringify(body) })

test('single requests wake by their secret, also for what is encoded', async () => {
  bench = await Bench.start({ webhooks: [{ url, headers: { 'X-Rejoin-Secret': 's3' } }] })
  const channel = bench.client({ clientId: 'ann' }).channels.get('chat')
  await channel.publish('user-input', { promptId: 'q', text: 'x' })
  await received(1)
  const wakes = [{ channelName: 'chat', promptId: 'q', reason: 'prompt' }]
  expect(await readWake(request(posts[0]!), { secret: 's3' })).toEqual(wakes)
  expect(await readWake(request(posts[0]!))).toEqual(wakes)
  for (const secrets of [{ secret: 's4' }, { key: 'local.key:secret' }])
    await expect(readWake(request(posts[0]!), secrets)).rejects.toMatchObject({ code: 'not_allowed' })
})

test('batched requests wake by their signature, by copies on wake: channels too', async () => {
  bench = await Bench.start({
    webhooks: [{ url, requestMode: 'batch', signingKeyId: 'local.key', batchWindow: 10 }],
  })
  const { channels } = bench.client({ clientId: 'ann' })
  await channels.get('wake:chat').publish('wake', { promptId: 'q' })
  await received(1)
  const [{ headers, body }] = posts as [(typeof posts)[0]]
  const key = { key: bench.server.clientOptions.key }
  expect(await readWake(request({ headers, body }), key)).toEqual([
    { channelName: 'chat', promptId: 'q', reason: 'prompt' },
  ])
  for (const changed of [
    { headers, body: body.replace('q', 'p') },
    { headers: { ...headers, 'x-ably-signature': '%' }, body },
    { headers: {}, body },
  ])
    await expect(readWake(request(changed), key)).rejects.toMatchObject({ code: 'not_allowed' })
})

test('reads what else wakes, and leaves out what does not', async () => {
  bench = await Bench.start()
  const headers = { promptId: 'q', responseId: 'r', toolCallId: 't' }
  const messages = [
    { name: 'approval-response', data: '{"approved":true}', encoding: 'json', extras: { headers } },
    { name: 'tool_result', extras: { headers } },
    {
      name: 'user-input',
      data: btoa('{"promptId":"é"}'.replace('é', '\xc3\xa9')),
      encoding: 'json/utf-8/base64',
    },
    { name: 'user-input', data: 'x', encoding: 'utf-8/cipher+aes-256-cbc/base64' },
    { name: 'user-input', data: 'x', id: 'old', action: 1 },
    { name: 'response', data: 'x', extras: { headers } },
    { name: 'user-input', data: '{', encoding: 'json' },
    null,
  ]
  expect(await readWake(post({ source: 'channel.message', channel: 'chat', messages }))).toEqual([
    { channelName: 'chat', promptId: 'q', responseId: 'r', reason: 'approval' },
    { channelName: 'chat', promptId: 'q', responseId: 'r', reason: 'tool-result' },
    { channelName: 'chat', promptId: 'é', reason: 'prompt' },
  ])
  expect(await readWake(post({ channelName: 'chat', promptId: 'q' }))).toEqual([
    { channelName: 'chat', promptId: 'q', reason: 'prompt' },
  ])
  for (const body of ['', '[]', 'null', '{}', '{"items":1}', '{'])
    await expect(readWake(request({ headers: {}, body }))).rejects.toMatchObject({ code: 'bad_message' })
  expect(await readWake(post({ items: [null, {}, { data: { channelId: 'c', messages: [3] } }] }))).toEqual([])
})

test('a route answers what a webhook tells it of', async () => {
  bench = await Bench.start({ webhooks: [{ url, channelFilter: '^ai:', retryAfter: 20 }] })
  const options: PromptRouteOptions = {
    client: bench.client({ clientId: 'agent', echoMessages: false }),
    handler: (prompt, response) => response.append(`An answer to ${prompt.text}.`),
    claims: memoryClaims(),
    endOnExit: false,
  }
  const route = promptRoute(options)
  handle = (request) => route(request)
  const reader = await bench.reader('ai:chat')
  await reader.channel.publish('user-input', { promptId: 'q', text: 'this' })
  const ended = () => reader.messages.find(({ name }) => name === 'response-end')
  await reader.until(() => ended() !== undefined)
  expect(reader.text(ended()!.extras.headers.responseId as string)).toBe('An answer to this.')
  const again = await route(post({ channelName: 'ai:chat', promptId: 'q' }))
  expect(await again.json()).toMatchObject([{ promptId: 'q' }])
})

test('a route asks to be called again for what another process has claimed', async () => {
  bench = await Bench.start()
  const reader = await bench.reader('ai:chat')
  await reader.channel.publish('user-input', { promptId: 'q', text: 'this' })
  const claims = memoryClaims()
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  const route = promptRoute({ client, claims, handler: () => {}, endOnExit: false })
  const { serial: after = '' } = reader.messages[0] ?? {}
  await claims.claim({ channelName: 'ai:chat', promptId: 'q', owner: 'another', ttl: 60_000, after })
  const reply = await route(post({ channelName: 'ai:chat', promptId: 'q' }))
  expect(reply.status).toBe(503)
  expect(await reply.json()).toMatchObject([{ promptId: 'q', status: 'claimed' }])
})

test('a route replies at once where work may go on, and refuses what it should', async () => {
  bench = await Bench.start()
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  const options = { client, handler: () => {}, patience: 0, endOnExit: false }
  const work: Promise<unknown>[] = []
  const route = promptRoute(options)
  const reply = await route(post({ channelName: 'chat', promptId: 'q' }), {
    waitUntil: (one) => work.push(one),
  })
  expect(reply.status).toBe(202)
  expect(await Promise.all(work)).toMatchObject([[{ status: 'not-found' }]])
  expect((await route(request({ headers: {}, body: '{' }))).status).toBe(400)
  expect((await promptRoute({ ...options, secret: 's' })(post({}))).status).toBe(401)
  const nothing = await promptRoute({ ...options, accept: () => false })(
    post({ channelName: 'c', promptId: 'q' }),
  )
  expect(await nothing.json()).toEqual([])
})
