import fc from 'fast-check'
import { connect } from 'node:net'

/** Request lines and headers that a stranger might send: some nearly right, some not at all. */
const odd = [
  '//',
  '///',
  '/\\',
  '/%',
  '/%00',
  '/%ff',
  '/..%2f',
  '/%2e%2e/',
  '*',
  '?',
  '#',
  'http://x',
  'http://',
  '//x:y',
]
const known = [
  '/',
  '/react/',
  '/react/x',
  '/api/config',
  '/api/session',
  '/api/conversations',
  '/api/conversations/x/rows?cursor=%00',
  '/api/conversations/x/rows?limit=1e3',
  '/api/conversations/x/token',
  '/channels/x/messages',
  '/channels/%00',
  '/keys/a.b/requestToken',
  '/time',
  '/assets/..%5c..%5cx',
  '/?access_token=a.b.c&tab=x',
]

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('latin1'))

/** Removes the characters that would end the line, so the rest reaches the server in one piece. */
const inLine = (maxLength: number) => bytes(maxLength).map((text) => text.replace(/[\r\n]/g, ''))

const target = fc.oneof(
  fc.constantFrom(...odd, ...known),
  fc
    .tuple(fc.constantFrom(...odd, ...known), inLine(20))
    .map(([path, tail]) => path + tail.replace(/ /g, '+')),
  inLine(40),
)

const method = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE'),
  },
  { weight: 1, arbitrary: fc.constantFrom('CONNECT', 'get', 'PRI', '') },
  { weight: 1, arbitrary: inLine(8) },
)

const header = fc.oneof(
  fc.constantFrom(
    'Cookie: rejoin_session=%00',
    'Cookie: rejoin_session=a=b; ;=;',
    'Origin: null',
    'Origin: http://[',
    'Content-Type: application/json',
    'Expect: 100-continue',
    'Expect: nothing',
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Content-Length: -1',
    'Authorization: Bearer \xff',
    'X-Forwarded-For: ,, ,',
    'X-Forwarded-For: 1.2.3.4, ::ffff:1.2.3.4, x',
    'X-Forwarded-Proto: https',
  ),
  fc
    .tuple(fc.constantFrom('X-A', 'Cookie', 'Host', 'Upgrade'), inLine(30))
    .map(([name, value]) => `${name}: ${value}`),
  inLine(30),
)

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

/** One request, as it goes over the socket. */
export const request: fc.Arbitrary<string> = fc
  .record({
    method,
    target,
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', ''),
    headers: fc.array(header, { maxLength: 3 }),
    upgrades: fc.integer({ min: 0, max: 2 }).map((number) => number === 0),
    body: fc.oneof(
      fc.constant(''),
      fc.constantFrom('{"a":1}', '{', '[]', '{"name":"\\u0000"}', '5\r\nhello\r\n0\r\n\r\n'),
      bytes(40),
    ),
  })
  .map(({ method: verb, target: path, version, headers, upgrades, body }) =>
    [`${verb} ${path} ${version}`, 'Host: x', ...(upgrades ? upgrade : []), ...headers, '', body].join(
      '\r\n',
    ),
  )

/** Sends bytes and resolves with what came back until the other end closed; `hangUp` closes this end at once. */
export function send(port: number, data: string, hangUp = false): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(Buffer.from(data, 'latin1'))
      if (hangUp) socket.end()
    })
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}
