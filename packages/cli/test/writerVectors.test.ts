import { readFileSync } from 'node:fs'
import { checksum } from '@rejoin/core/protocol'
import { createAgent } from '@rejoin/agent'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { describe, expect, test } from 'vitest'
import { piecesOf, runWriterVector, type WriterVector } from '../../core/vectors/writer/match.ts'
import { record } from './listening.ts'

const file = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../core/vectors/writer/${name}`, import.meta.url), 'utf8'))
const { vectors } = file('responses.json') as { vectors: WriterVector[] }
const { texts, cleaned } = file('texts.json') as {
  texts: { text: string; length: number; checksum: string }[]
  cleaned: { given: string; note: string; text: string; length: number; checksum: string }[]
}

/** What our own writer makes of a vector. */
async function written({ pattern, refuse = [], ...vector }: WriterVector) {
  const server = await startLocalAbly()
  const client = new Realtime({
    ...server.clientOptions,
    clientId: 'agent',
    echoMessages: false,
    logLevel: 0,
  })
  try {
    for (const nth of refuse) server.faults.refuse({ nth, match: { clientId: 'agent' } })
    return await record(server, async (channelName) => {
      const agent = createAgent({ client, channelName, pattern, retry: { minDelay: 1, maxDelay: 5 } })
      const response = agent.respond({ promptId: 'p1' })
      for (const piece of piecesOf({ pattern, ...vector })) {
        response.append(piece)
        await response.flush()
      }
      await response.end()
      await agent.close()
    })
  } finally {
    client.close()
    await server.close()
  }
}

describe('our writer', () => {
  test.each(vectors)('$name', async (vector) => {
    expect(runWriterVector(vector, await written(vector), checksum)).toEqual([])
  })
})

describe('the vectors notice', () => {
  const [vector] = vectors as [WriterVector]
  test('a stamp, a text, an operation that is not allowed', async () => {
    const right = await written(vector)
    const last = right.at(-2)!
    const wrong = right.with(right.length - 2, { ...last, metadata: { ...last.metadata, end: '1' } })
    expect(runWriterVector(vector, wrong, checksum)).toEqual([
      'part 0: expected to be closed with end 29, got 1',
    ])
    const twice = right.toSpliced(3, 0, right[2]!)
    expect(runWriterVector(vector, twice, checksum).length).toBeGreaterThan(1)
    expect(runWriterVector(vector, right.toReversed(), checksum)[0]).toMatch(/^these are not allowed/)
  })
})

describe('texts', () => {
  test.each(texts)('$text', ({ text, length, checksum: sum }) => {
    expect({ length: text.length, sum: checksum(text) }).toEqual({ length, sum })
  })

  test.each(cleaned)('$note', async ({ given, ...text }) => {
    const [first] = vectors as [WriterVector]
    const vector = { ...first, fragments: [given], expect: { status: 'complete', texts: { '0': text } } }
    expect(runWriterVector(vector, await written(vector), checksum)).toEqual([])
  })
})
