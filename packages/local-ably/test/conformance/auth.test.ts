import { createHmac } from 'node:crypto'
import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, connected, errorOf, formats } from '../clients.ts'
import { channelName, realtime, rest, targetKey, useTarget } from './target.ts'

useTarget()

function jwt(claims: Record<string, unknown>, ttl = 60): string {
  const [kid, secret] = targetKey().split(':') as [string, string]
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const iat = Math.floor(Date.now() / 1000)
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode({ iat, exp: iat + ttl, ...claims })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

describe.each(formats)('auth over $format', ({ useBinaryProtocol }) => {
  const open = (options: Ably.ClientOptions = {}) => realtime({ useBinaryProtocol, ...options })

  test('RSA8, TD: a token has times, capability and client id', async () => {
    const details = await rest({ useBinaryProtocol }).auth.requestToken({
      clientId: 'bob',
      ttl: 10_000,
      capability: { a: ['publish'] },
    })
    expect(details).toMatchObject({ clientId: 'bob', capability: '{"a":["publish"]}' })
    expect(details.expires - details.issued).toBe(10_000)
  })

  test('RSA9: a nonce counts once, a wrong mac not at all', async () => {
    const client = rest({ useBinaryProtocol })
    const nonce = Math.random().toString().padEnd(20, '0').slice(0, 20)
    await client.auth.requestToken({ nonce })
    expect((await errorOf(client.auth.requestToken({ nonce }))).statusCode).toBe(401)
    expect((await errorOf(client.auth.requestToken({ mac: '12345' } as Ably.TokenParams))).statusCode).toBe(
      401,
    )
  })

  test("RSA6: a capability beyond the key's is refused or cut", async () => {
    const details = await rest().auth.requestToken({ capability: { only: ['publish'] } })
    const error = await errorOf(rest({ tokenDetails: details }).channels.get('other').publish('n', 'd'))
    expect([error.code, error.statusCode]).toEqual([40160, 401])
  })

  test('RSA7, RSA12: the token says who the client is', async () => {
    const client = open({ token: jwt({ 'x-ably-clientId': 'bob' }) })
    await connected(client)
    expect(client.auth.clientId).toBe('bob')
    const channel = client.channels.get(channelName())
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    await channel.publish('n', 'd')
    expect((await got.atLeast(1))[0]!.clientId).toBe('bob')
  })

  test("RSA15c: another client id than the token's fails the connection", async () => {
    const client = open({ token: jwt({ 'x-ably-clientId': 'bob' }), clientId: 'eve' })
    await client.connection.whenState('failed')
    expect(client.connection.errorReason?.code).toBe(40102)
  })

  test('RSA8, docs on JWT claims: a channel claim stands on what its bearer publishes, and cannot be forged', async () => {
    const name = channelName()
    const watcher = open().channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => watcher.subscribe(listener))
    await got.subscribed
    await open({ token: jwt({ [`ably.channel.${name}`]: 'admin' }) })
      .channels.get(name)
      .publish('n', 'd')
    await got.atLeast(1)
    expect(got.items[0]!.extras).toMatchObject({ userClaim: 'admin' })
  })

  test('RSA4a2, 40142: an expired token that cannot be renewed fails the connection', async () => {
    const client = open({ token: jwt({}, -10) })
    await client.connection.whenState('failed')
    expect(client.connection.errorReason?.code).toBe(40171)
  })

  test('RSA4a2: an expired token that cannot be renewed is refused over REST', async () => {
    const client = rest({ useBinaryProtocol, token: jwt({}, -10) })
    expect((await errorOf(client.channels.get(channelName()).history())).code).toBe(40171)
  })

  test('RSA4: a key that the app does not have', async () => {
    const [app] = targetKey().split('.')
    const answer = await rest({ useBinaryProtocol, key: `${app}.noKey:secret` }).request(
      'GET',
      `/channels/${channelName()}`,
      6,
    )
    expect([answer.statusCode, answer.errorCode]).toEqual([401, 40400])
  })

  test('RSC22, RSC24: batches tell the outcome of each channel', async () => {
    const [open1, closed] = [channelName('open'), channelName('closed')]
    const details = await rest().auth.requestToken({
      clientId: 'x',
      capability: { [open1]: ['publish', 'presence', 'subscribe'] },
    })
    const client = rest({ useBinaryProtocol, tokenDetails: details })
    const published = await client.batchPublish({ channels: [open1, closed], messages: [{ data: 'd' }] })
    expect(published).toMatchObject({ successCount: 1, failureCount: 1 })
    expect(published.results[1]).toMatchObject({ channel: closed, error: { code: 40160, statusCode: 401 } })
    const presence = (await client.batchPresence([open1, closed])) as unknown as Ably.BatchResult<object>
    expect(presence).toMatchObject({ successCount: 1, failureCount: 1 })
  })

  test('RSC16: time', async () => {
    expect(Math.abs((await rest({ useBinaryProtocol }).time()) - Date.now())).toBeLessThan(60_000)
  })
})
