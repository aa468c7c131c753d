import { annotation, deepText, encodeAs, message } from './frames.ts'
import type { Random } from './random.ts'
import { oddNumber, oddRecord, oddText, oddValue } from './values.ts'

const segment = (random: Random): string =>
  random.chance(0.7)
    ? encodeURIComponent(random.one('c', 'ai:chat', 'x', 'local.key'))
    : oddText(random).replaceAll(/[\r\n]/g, '')

const paths: ((random: Random) => string)[] = [
  (random) => `/channels/${segment(random)}/messages`,
  (random) => `/channels/${segment(random)}/messages/${segment(random)}`,
  (random) =>
    `/channels/${segment(random)}/messages/${segment(random)}/${random.one('versions', 'annotations')}`,
  (random) => `/channels/${segment(random)}/presence`,
  (random) => `/channels/${segment(random)}/presence/history`,
  (random) => `/channels/${segment(random)}`,
  (random) => `/keys/${segment(random)}/${random.one('requestToken', 'revokeTokens')}`,
  (random) => random.one('/', '/time', '/channels', '/messages', '/presence', '/stats', '/status', '/events'),
  (random) => random.one('/faults', '/faults', `/faults/${random.below(20)}`, `/faults/${segment(random)}`),
  (random) =>
    random.one(
      '/comet/connect',
      `/comet/${segment(random)}/${random.one('recv', 'send', 'close', 'disconnect')}`,
    ),
  (random) => random.one('/sse', '/event-stream'),
  (random) =>
    random.one(
      '/push/publish',
      `/chat/v3/rooms/${segment(random)}/messages`,
      `/channels/${segment(random)}/objects`,
    ),
  () => '//',
  () => '*',
  () => 'http://[::1',
  () => '/\\',
  (random) =>
    `/${random
      .bytes(20)
      .toString('latin1')
      .replaceAll(/[\r\n ]/g, '')}`,
]

const queryFields: Record<string, (random: Random) => unknown> = {
  key: (random) => random.one('local.key:secret', 'local.key:wrong', 'nobody', oddText(random)),
  access_token: oddText,
  limit: oddNumber,
  start: oddNumber,
  end: oddNumber,
  direction: (random) => random.one('forwards', 'backwards', 'up'),
  format: (random) => random.one('json', 'msgpack', 'x'),
  envelope: (random) => random.one('json', 'msgpack'),
  channels: (random) => random.one('c', 'c,x', '[?rewind=2]c', oddText(random)),
  lastEvent: oddText,
  rewind: oddNumber,
  enveloped: () => 'false',
  resume: oddText,
  recover: oddText,
  heartbeats: () => 'true',
  heartbeatInterval: oddNumber,
  clientId: oddText,
  echo: () => 'false',
  stream: () => 'false',
  remainPresentFor: () => '50',
  appendRollupWindow: () => '20',
  _after: oddText,
  from_serial: oddText,
  v: () => '6',
}

export function query(random: Random): string {
  const params = new URLSearchParams()
  for (const [field, value] of Object.entries(oddRecord(random, queryFields))) {
    if (random.chance(0.4))
      params.append(field, typeof value === 'string' ? value : encodeAs(value, 'json').toString())
  }
  if (random.chance(0.6)) params.set('key', 'local.key:secret')
  const text = params.toString()
  return random.chance(0.05) ? `${text}&%%%=%` : text
}

// None of these may stop the server for long, or hold back frames for as long as the run takes.
const fault = (random: Random): unknown => ({
  verb: random.one(
    'refuse',
    'delay',
    'lose',
    'duplicate',
    'reorder',
    'drop',
    'forget',
    'discontinue',
    'attached',
    'detach',
    'fail',
    'failConnection',
    'expireToken',
    'requestReauth',
    'x',
  ),
  ...oddRecord(random, {
    match: () =>
      oddRecord(random, {
        channel: () => random.one('c', '/a*/', '/(a|a)*$/', '/(/'),
        action: oddText,
        data: oddText,
        colour: oddText,
      }),
    on: () =>
      random.one(
        'publish',
        'presence',
        'annotation',
        'attach',
        'connect',
        'upgrade',
        'rest',
        'history',
        'ack',
        'delivery',
      ),
    error: () => random.one<unknown>(42911, 40142, 1, { code: 50000 }, { code: 'x' }),
    ms: () => random.below(5),
    times: () => 1 + random.below(3),
    every: oddNumber,
    forget: () => random.chance(0.5),
  }),
})

function body(random: Random, path: string): Buffer {
  if (random.chance(0.1)) return random.chance(0.1) ? deepText(random) : random.bytes(100)
  const value = path.startsWith('/faults')
    ? fault(random)
    : random.one<() => unknown>(
        () => message(random, []),
        () => random.many(3, () => message(random, [])),
        () => random.many(2, () => annotation(random, [])),
        () =>
          oddRecord(random, {
            keyName: () => 'local.key',
            ttl: oddNumber,
            capability: oddText,
            clientId: oddText,
            timestamp: oddNumber,
            nonce: oddText,
            mac: oddText,
          }),
        () =>
          oddRecord(random, {
            channels: () => ['c', oddText(random)],
            messages: () => [message(random, [])],
          }),
        () => random.many(2, () => ({ action: oddNumber(random), channel: 'c' })),
        () => oddValue(random),
      )()
  return encodeAs(value, random.one('json', 'json', 'msgpack'))
}

const headers: Record<string, (random: Random) => string> = {
  Host: (random) => random.one('x', '127.0.0.1', '[', 'a:b', '', 'evil.example'),
  Origin: (random) => random.one('http://localhost:1', 'https://evil.example', 'null', '['),
  Authorization: (random) =>
    random.one(
      `Basic ${Buffer.from('local.key:secret').toString('base64')}`,
      'Basic x',
      'Bearer',
      'Bearer e30.e30.e30',
      `Bearer ${Buffer.from('{"alg":"HS256","kid":"local.key"}').toString('base64url')}.e30.x`,
      'Bearer a.b.c.d.e',
    ),
  'Content-Type': (random) =>
    random.one(
      'application/json',
      'application/x-msgpack',
      'application/x-www-form-urlencoded',
      'text/plain',
      '\u0001',
    ),
  Accept: (random) => random.one('application/x-msgpack', 'application/json', 'text/event-stream', '*/*', ''),
  'X-Ably-Version': (random) => random.one('6', '2', 'x'),
  'X-Ably-ClientId': (random) => random.one('YW5u', '!', ''),
  'Access-Control-Request-Headers': () => 'x, y',
}

const clean = (text: string): string => text.replaceAll(/[\r\n]/g, '')

/** The bytes of a request, right or wrong. */
export function request(random: Random): Buffer {
  if (random.chance(0.02)) return random.bytes(300)
  const path = random.one(...paths)(random)
  const method = random.chance(0.97)
    ? random.one('GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
    : 'BREW'
  const content = method === 'GET' || method === 'OPTIONS' ? Buffer.alloc(0) : body(random, path)
  const lines = [`${method} ${path}?${query(random)} HTTP/1.1`, 'Host: x']
  for (const [name, make] of Object.entries(headers))
    if (random.chance(0.3)) lines.push(`${name}: ${clean(make(random))}`)
  const length = random.chance(0.03) ? random.below(1000) : content.length
  lines.push(random.chance(0.02) ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`)
  return damaged(random, Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]))
}

/** The bytes of an upgrade to WebSocket, right or wrong, and of what may follow it. */
export function upgrade(random: Random): Buffer {
  const path = random.chance(0.5) ? '/' : random.one(...paths)(random)
  const lines = [
    `GET ${path}?${query(random)} HTTP/1.1`,
    `Host: ${clean(headers.Host!(random))}`,
    'Connection: Upgrade',
    `Upgrade: ${random.one('websocket', 'websocket', 'h2c', '')}`,
    `Sec-WebSocket-Key: ${random.one('dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ==', 'x', '')}`,
    `Sec-WebSocket-Version: ${random.one('13', '13', '8', 'x')}`,
  ]
  if (random.chance(0.1)) lines.push('Sec-WebSocket-Extensions: permessage-deflate; x="')
  if (random.chance(0.1)) lines.push('Sec-WebSocket-Protocol: a, b')
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return damaged(random, Buffer.concat([head, ...random.many(5, () => rawFrame(random))]))
}

/** A WebSocket frame with anything in its header: bad opcodes, lengths, masks, fragments. */
function rawFrame(random: Random): Buffer {
  const content = random.chance(0.5) ? random.bytes(100) : Buffer.from('{"action":0}')
  const first = random.chance(0.7) ? random.one(0x81, 0x82, 0x88, 0x89, 0x8a, 0x01, 0x00) : random.below(256)
  const second = random.chance(0.8) ? 0x80 | Math.min(content.length, 125) : random.below(256)
  return Buffer.concat([Buffer.from([first, second]), random.bytes(4), content])
}

function damaged(random: Random, bytes: Buffer): Buffer {
  if (random.chance(0.03)) bytes[random.below(bytes.length)] = random.below(256)
  return random.chance(0.03) ? bytes.subarray(0, random.below(bytes.length)) : bytes
}
