// An agent over REST that repairs nothing: right as long as nothing is refused. `code points` makes it count wrongly.
import { crc32 } from './crc32.mjs'

const [, , pattern, mistake] = process.argv
const { ABLY_URL, ABLY_API_KEY, ABLY_CHANNEL } = process.env
const perToken = pattern === 'message-per-token'
const base64 = (text) => Buffer.from(text).toString('base64')
const headers = {
  authorization: `Basic ${base64(ABLY_API_KEY)}`,
  'x-ably-clientid': base64('agent'),
  'x-ably-version': '6',
  'content-type': 'application/json',
}
const messages = `${ABLY_URL}/channels/${encodeURIComponent(ABLY_CHANNEL)}/messages`
const length = (text) => (mistake === 'code points' ? [...text].length : text.length)

async function request(method, path, body) {
  const answer = await fetch(messages + path, { method, headers, body: JSON.stringify(body) })
  return answer.json()
}

async function publish(name, own, data) {
  const { serials } = await request('POST', '', { name, data, extras: { headers: own } })
  return serials?.[0]
}

async function answer(promptId) {
  const own = { rejoin: '1', presence: 'none', responseId: `to-${promptId}`, promptId }
  await publish('start', own)
  const part = { ...own, part: '0' }
  const serial = perToken ? '' : await publish('response', part, '')
  let text = ''
  const grow = (data, stamp) =>
    perToken
      ? publish('token', { ...part, ...stamp }, data)
      : request('PATCH', `/${encodeURIComponent(serial)}`, { action: 5, data, version: { metadata: stamp } })
  for (const piece of ['A rope 🪢 ', 'is a ', 'bundle ', 'of ', 'fibres.']) {
    text += piece
    await grow(piece, { end: String(length(text)), phase: 'streaming' })
  }
  await grow('', { end: String(length(text)), phase: 'done', checksum: crc32(text) })
  await publish(perToken ? 'stop' : 'response-end', own)
}

const answered = new Set()
const { body } = await fetch(`${ABLY_URL}/sse?channels=${encodeURIComponent(ABLY_CHANNEL)}&v=1.2`, {
  headers,
})
let rest = ''
for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    const message = line.startsWith('data: {') ? JSON.parse(line.slice(6)) : {}
    if (message.name !== 'user-input') continue
    const { promptId } = JSON.parse(message.data)
    if (answered.has(promptId)) continue
    answered.add(promptId)
    void answer(promptId)
  }
}
