import { startLocalAbly } from '@rejoin/local-ably'
import { expect, test } from 'vitest'
import { blocks } from './blocks.ts'

const exchanges = blocks('PROTOCOL.md').filter(({ language }) => language === 'http')

/** One request and its answer, as the page writes them. */
function read(code: string) {
  const [asked, answered] = code.trim().split('\n\n') as [string, string]
  const [line, ...body] = asked.split('\n')
  const [method, path] = line!.split(' ') as [string, string]
  const [status, ...answer] = answered.split('\n')
  return {
    method,
    path,
    body: body.join('\n'),
    status: Number(status),
    answer: JSON.parse(answer.join('\n')),
  }
}

/** What differs from run to run is as the page writes it. */
function masked(value: unknown): unknown {
  const text = JSON.stringify(value, (key, field: unknown) => {
    if (key === 'timestamp') return 0
    if (key === 'message' || key === 'href') return ''
    return typeof field === 'string' && /^\d{14}-\d{3}@/.test(field) ? 'SERIAL' : field
  })
  return JSON.parse(text)
}

test('the requests of PROTOCOL.md §9 are answered as it says', async () => {
  expect(exchanges.length).toBeGreaterThan(6)
  const server = await startLocalAbly()
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const headers = {
    authorization: `Basic ${base64(server.key)}`,
    'x-ably-clientid': base64('agent'),
    'x-ably-version': '6',
    'content-type': 'application/json',
  }
  let serial = ''
  try {
    for (const { code, line } of exchanges) {
      const { method, path, body, status, answer } = read(code)
      const url = server.url + path.replace('SERIAL', encodeURIComponent(serial))
      const response = await fetch(url, { method, headers, ...(body && { body }) })
      const given = (await response.json()) as { serials?: string[] }
      if (code.includes('"name": "response"') && given.serials) serial = given.serials[0]!
      expect({ status: response.status, answer: masked(given) }, `line ${line}`).toEqual({
        status,
        answer: masked(answer),
      })
    }
  } finally {
    await server.close()
  }
})
