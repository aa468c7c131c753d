import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { CompactEncrypt } from 'jose'
import { connected, errorOf, useServer } from '../../test/clients.ts'

const { server, realtime, rest } = useServer({
  keys: ['local.key:secret', { key: 'local.short:secret', revocableTokens: true }],
})

const now = () => Math.floor(Date.now() / 1000)
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function sign(header: object, claims: object, secret: string): string {
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const own = (claims: object, kid = 'local.key') =>
  sign({ alg: 'HS256', typ: 'JWT', kid }, { iat: now(), exp: now() + 60, ...claims }, 'secret')
/** A JWT of an app's own issuer, whose secret the server does not know. */
const outer = (header: object, claims: object) =>
  sign({ alg: 'HS256', typ: 'JWT', ...header }, claims, 'of the app')

const clientIdOf = async (token: string) => {
  const client = realtime({ token })
  await connected(client)
  return client.auth.clientId
}

async function codeOf(token: string): Promise<number> {
  const authorization = `Bearer ${Buffer.from(token).toString('base64')}`
  const answer = await fetch(`${server().url}/channels/c/messages`, { headers: { authorization } })
  return answer.ok ? 0 : ((await answer.json()) as { error: { code: number } }).error.code
}

test.each([
  ['in the header', (token: string) => outer({ 'x-ably-token': token }, { exp: now() + 30 })],
  ['in the claims', (token: string) => outer({}, { exp: now() + 30, 'x-ably-token': token })],
  ['without a time of its own', (token: string) => outer({ 'x-ably-token': token }, {})],
  [
    'in the header of an encrypted one',
    (token: string) =>
      new CompactEncrypt(Buffer.from('{}'))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', 'x-ably-token': token })
        .encrypt(new Uint8Array(32)),
  ],
])('a token embedded in a JWT, %s', async (_where, wrap) => {
  const { token } = await rest().auth.requestToken({ clientId: 'ann' })
  expect(await clientIdOf(await wrap(token))).toBe('ann')
  expect(await clientIdOf(await wrap(own({ 'x-ably-clientId': 'bob' })))).toBe('bob')
})

test('what is embedded must hold, and last as long as what is around it', async () => {
  const { token } = await rest().auth.requestToken({ ttl: 60_000 })
  expect(await codeOf(outer({ 'x-ably-token': 'local.unknown' }, { exp: now() + 30 }))).toBe(40143)
  expect(await codeOf(outer({ 'x-ably-token': token }, { exp: now() + 3600 }))).toBe(40144)
  expect(await codeOf(outer({ 'x-ably-token': token }, { exp: now() - 1 }))).toBe(40142)
  expect(await codeOf(outer({ 'x-ably-token': 7 }, { exp: now() + 30 }))).toBe(40144)
  const twice = outer({ 'x-ably-token': outer({ 'x-ably-token': token }, {}) }, {})
  expect(await codeOf(twice)).toBe(40144)
})

test('an embedded token ends with the first of both times', async () => {
  const { token } = await rest().auth.requestToken({ ttl: 60_000 })
  const client = realtime({ token: outer({ 'x-ably-token': token }, { exp: now() + 2 }) })
  await connected(client)
  await client.connection.whenState('failed')
  expect(client.connection.errorReason?.code).toBe(40171)
})

test.each<[what: string, claims: object, code: number]>([
  ['no iat', { iat: undefined }, 40144],
  ['no exp', { exp: undefined }, 40144],
  ['exp that is text', { exp: '9999999999' }, 40144],
  ['exp before iat', { iat: now() + 30, exp: now() + 10 }, 40144],
  ['issued in the future', { iat: now() + 3600, exp: now() + 7200 }, 40144],
  ['not valid yet', { nbf: now() + 3600 }, 40144],
  ['more than 24 hours', { exp: now() + 25 * 3600 }, 40003],
  ['expired', { iat: now() - 60, exp: now() - 1 }, 40142],
])('the times of a JWT: %s', async (_what, claims, code) => {
  expect(await codeOf(own(claims))).toBe(code)
})

test('a clock that is a little ahead, or times with fractions, do no harm', async () => {
  expect(await clientIdOf(own({ iat: now() + 20.5, exp: now() + 80.25, 'x-ably-clientId': 'ann' }))).toBe(
    'ann',
  )
})

test('tokens of a key that can revoke them last an hour at most', async () => {
  expect(await codeOf(own({ exp: now() + 7200 }, 'local.short'))).toBe(40003)
  expect(
    (await errorOf(rest({ key: 'local.short:secret' }).auth.requestToken({ ttl: 7_200_000 }))).code,
  ).toBe(40003)
  expect(server().port).toBeGreaterThan(0)
})
