import { createHmac } from 'node:crypto'
import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, connected, errorOf, formats, pause, uniqueName, useServer } from '../../test/clients.ts'

const limited = 'local.limited:secret2'
const { realtime, rest, server } = useServer({
  keys: [
    'local.key:secret',
    { key: limited, capability: { 'in:*': ['subscribe'], 'both:*': ['publish', 'subscribe', 'history'] } },
  ],
})

/** A JWT as an app's server would sign it. */
function jwt(claims: Record<string, unknown>, { ttl = 60, key = 'local.key:secret' } = {}): string {
  const [kid, secret] = key.split(':') as [string, string]
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode({ iat: now, exp: now + ttl, ...claims })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

describe.each(formats)('auth over $format', ({ useBinaryProtocol }) => {
  const open = (options = {}) => realtime({ useBinaryProtocol, ...options })

  test('a token request is checked and answered', async () => {
    const client = rest({ useBinaryProtocol })
    const details = await client.auth.requestToken({
      clientId: 'bob',
      ttl: 10_000,
      capability: { a: ['publish'] },
    })
    expect(details).toMatchObject({ clientId: 'bob', capability: '{"a":["publish"]}', keyName: 'local.key' })
    expect(details.expires - details.issued).toBe(10_000)
    const request = await client.auth.createTokenRequest({ clientId: 'bob' })
    const post = (body: object) =>
      fetch(`${server().url}/keys/local.key/requestToken`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })
    expect((await post(request)).status).toBe(201)
    const replay = await post(request)
    expect(await replay.json()).toMatchObject({ error: { code: 40105 } })
    const forged = await post({ ...request, nonce: 'another-nonce-of-16', clientId: 'eve' })
    expect(await forged.json()).toMatchObject({ error: { code: 40101 } })
    const bare = await post({ keyName: 'local.key' })
    expect(bare.status).toBe(401)
  })

  test('tokens and JWTs identify the client and limit it', async () => {
    const details = await rest().auth.requestToken({
      clientId: 'bob',
      capability: { 'a:*': ['publish', 'subscribe'] },
    })
    const client = open({ tokenDetails: details, token: details.token })
    await connected(client)
    expect(client.auth.clientId).toBe('bob')
    expect((await errorOf(client.channels.get('b:1').attach())).code).toBe(40160)
    await client.channels.get('a:1').publish('x', 'y')
    const byJwt = open({
      token: jwt({ 'x-ably-clientId': 'eve', 'x-ably-capability': '{"a:*":["subscribe"]}' }),
    })
    const channel = byJwt.channels.get('a:2')
    await channel.attach()
    expect(byJwt.auth.clientId).toBe('eve')
    expect(channel.modes).toEqual(['subscribe', 'presence_subscribe'])
    expect((await errorOf(channel.publish('x', 'y'))).code).toBe(40160)
  })

  test("a key's own capability holds", async () => {
    const client = open({ key: limited })
    const channel = client.channels.get('in:1')
    await channel.attach()
    expect((await errorOf(channel.publish('a', 'b'))).code).toBe(40160)
    expect((await errorOf(channel.history())).code).toBe(40160)
    const both = client.channels.get(uniqueName('both'))
    const { serials } = await both.publish('a', 'b')
    expect((await both.history()).items).toHaveLength(1)
    expect((await errorOf(both.updateMessage({ serial: serials[0], data: 'c' } as Ably.Message))).code).toBe(
      40160,
    )
    expect((await errorOf(both.presence.enterClient('x'))).code).toBe(40160)
  })

  test("message-update-own is for one's own", async () => {
    const name = uniqueName('own')
    const capability = JSON.stringify({ 'own:*': ['publish', 'subscribe', 'message-update-own'] })
    const token = (clientId?: string) =>
      jwt({ 'x-ably-capability': capability, ...(clientId ? { 'x-ably-clientId': clientId } : {}) })
    const ann = open({ token: token('ann') }).channels.get(name)
    const bob = open({ token: token('bob') }).channels.get(name)
    const nobody = open({ token: token() }).channels.get(name)
    const { serials } = await ann.publish('a', '1')
    const message = { serial: serials[0], data: '2' } as Ably.Message
    await ann.appendMessage(message)
    expect((await errorOf(bob.appendMessage(message))).code).toBe(40160)
    expect((await errorOf(nobody.appendMessage(message))).code).toBe(40166)
    expect((await errorOf(ann.deleteMessage(message))).code).toBe(40160)
  })

  test('channel claims stand on messages as userClaim, and cannot be forged', async () => {
    const name = uniqueName('room')
    const got = collect<Ably.InboundMessage>((listener) => open().channels.get(name).subscribe(listener))
    await got.subscribed
    const admin = open({
      token: jwt({ 'x-ably-clientId': 'a', 'ably.channel.*': 'guest', 'ably.channel.room:*': 'admin' }),
    })
    await admin.channels.get(name).publish({ name: 'x', extras: { headers: { h: '1' } } })
    await open({ clientId: 'b' })
      .channels.get(name)
      .publish({ name: 'y', extras: { userClaim: 'admin' } as object })
    await got.atLeast(2)
    expect(got.items.map((message) => message.extras as unknown)).toEqual([
      { headers: { h: '1' }, userClaim: 'admin' },
      {},
    ])
  })

  test.runIf(!useBinaryProtocol)('an expired token is renewed, and the connection resumed', async () => {
    let issued = 0
    const client = open({
      authCallback: (_params: Ably.TokenParams, callback: (error: null, token: string) => void) => {
        issued++
        callback(null, jwt({ 'x-ably-clientId': 'bob', n: issued }, { ttl: issued === 1 ? 2 : 60 }))
      },
    })
    await connected(client)
    const { id } = client.connection
    await client.connection.whenState('disconnected')
    await connected(client)
    expect([issued, client.connection.id]).toEqual([2, id])
  })

  test('expireToken ends a token early; without renewal the connection fails', async () => {
    const client = open({ token: jwt({ 'x-ably-clientId': 'once' }) })
    await connected(client)
    server().faults.expireToken({ match: { clientId: 'once' } })
    await client.connection.whenState('failed')
    expect(client.connection.errorReason?.code).toBe(40171)
  })

  test('new credentials on a living connection change what its channels may do', async () => {
    const name = uniqueName('chat')
    const token = (...operations: string[]) =>
      jwt({ 'x-ably-clientId': 'bob', 'x-ably-capability': JSON.stringify({ 'chat:*': operations }) })
    const client = open({ token: token('subscribe') })
    const channel = client.channels.get(name)
    await channel.attach()
    const { id } = client.connection
    await errorOf(channel.publish('a', '1'))
    await client.auth.authorize(null as never, { token: token('subscribe', 'publish') })
    await channel.publish('a', '2')
    expect(client.connection.id).toBe(id)
    await client.auth.authorize(null as never, { token: token('history') })
    await channel.whenState('failed')
    expect(channel.errorReason?.code).toBe(40160)
    const wrong = await errorOf(
      client.auth.authorize(null as never, { token: jwt({ 'x-ably-clientId': 'eve' }) }),
    )
    expect(wrong.code).toBe(40102)
  })

  test('asked for a new token, a client brings one', async () => {
    let issued = 0
    const client = open({
      authCallback: (_params: Ably.TokenParams, callback: (error: null, token: string) => void) => {
        callback(null, jwt({ 'x-ably-clientId': 'asked', n: ++issued }))
      },
    })
    await connected(client)
    const updated = new Promise((resolve) => client.connection.once('update', resolve))
    server().faults.requestReauth({ match: { clientId: 'asked' } })
    await updated
    expect(issued).toBe(2)
  })

  test('a wrong client id, a bad JWT, no credentials', async () => {
    const wrong = open({ token: jwt({ 'x-ably-clientId': 'bob' }), clientId: 'eve' })
    await wrong.connection.whenState('failed')
    expect(wrong.connection.errorReason?.code).toBe(40102)
    const forged = open({ token: `${jwt({}).slice(0, -4)}AAAA` })
    await forged.connection.whenState('failed')
    const answer = await fetch(`${server().url}/channels/x/messages`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('x-ably-errorcode')).toBe('40101')
    await pause(0)
  })
})
