import { describe, expect, test } from 'vitest'
import type { ModelEvent } from '../index.ts'
import { Bench, useBench } from '../../test/agentBench.ts'

const bench = useBench()

const delta = (text: string, id = 't'): ModelEvent => ({ type: 'text-delta', id, delta: text })
const finish = { type: 'finish', finishReason: 'stop' } as const

async function endOf(reader: Awaited<ReturnType<Bench['reader']>>, responseId: string) {
  await reader.until(() => reader.ended(responseId))
  const { name, data, extras } = reader.messages.find((message) => /end|cancelled/.test(message.name!))!
  return {
    name,
    data: data as unknown,
    status: extras.headers.status as string,
    text: reader.text(responseId),
  }
}

async function setup() {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  return { reader, response: bench.agent({ channelName }).respond() }
}

describe('pipe', () => {
  test('marks the response when the model fails, whether it says so or throws', async () => {
    async function* says(): AsyncGenerator<ModelEvent> {
      yield delta('Half')
      yield { type: 'error', errorText: 'overloaded', code: '529' }
    }
    async function* throws(): AsyncGenerator<ModelEvent> {
      yield delta('Half')
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    }
    for (const [model, reason] of [
      [says, /overloaded/],
      [throws, /socket hang up/],
    ] as const) {
      const { reader, response } = await setup()
      await expect(response.pipe(model())).rejects.toMatchObject({ code: 'model_failed', message: reason })
      expect(await response.end()).toMatchObject({ status: 'error', length: 4 })
      const end = await endOf(reader, response.responseId)
      expect(end).toMatchObject({ status: 'error', text: 'Half', data: { message: reason } })
    }
  })

  test.each([
    ['nothing', undefined],
    ['a text', 'Hello'],
    ['a promise', Promise.resolve([])],
  ])('says what to pipe instead of %s', async (_, events) => {
    const { response } = await setup()
    await expect(response.pipe(events as never)).rejects.toMatchObject({ code: 'invalid_argument' })
    await response.end()
  })

  test('lets another stream make good what one has failed', async () => {
    const { reader, response } = await setup()
    await response.pipe([{ type: 'error', errorText: 'overloaded' }]).catch(() => {})
    expect(await response.pipe([delta('Whole'), finish])).toEqual({ finishReason: 'stop', aborted: false })
    expect(await response.end()).toMatchObject({ status: 'complete', finishReason: 'stop' })
    expect(await endOf(reader, response.responseId)).toMatchObject({ status: 'complete', text: 'Whole' })
  })

  test.each(['goes on', 'throws', 'never answers'])(
    'ends at once on abort, though the model %s',
    async (how) => {
      const { reader, response } = await setup()
      let returned = false
      async function* model(): AsyncGenerator<ModelEvent> {
        try {
          yield delta('So far')
          for (;;) {
            await new Promise((resolve, reject) => {
              if (how === 'goes on') setImmediate(resolve)
              if (how === 'throws')
                response.signal.addEventListener('abort', () => reject(new Error('aborted')))
            })
            yield delta('.')
          }
        } finally {
          returned = true
        }
      }
      const piped = response.pipe(model())
      await reader.until(() => reader.text(response.responseId) !== '')
      await response.abort('enough')
      expect(await piped).toMatchObject({ aborted: true })
      response.append('too late')
      const end = await endOf(reader, response.responseId)
      expect(end).toMatchObject({ status: 'stopped', data: { message: 'enough' } })
      expect(end.text).toMatch(/^So far\.*$/)
      if (how !== 'never answers') await bench.until(() => returned)
    },
  )

  test('keeps interleaved parts apart', async () => {
    const { reader, response } = await setup()
    await response.pipe([delta('a', '1'), delta('x', '2'), delta('b', '1'), delta('y', '2'), finish])
    await response.end()
    await reader.until(() => reader.ended(response.responseId))
    expect(response.row().parts).toMatchObject([{ text: 'ab' }, { text: 'xy' }])
    expect(reader.text(response.responseId)).toBe('abxy')
  })
})
