import { readFileSync } from 'node:fs'
import { answerPrompt, type PromptHandler } from '@rejoin/agent'
import { checksum } from '@rejoin/core/protocol'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runSuspendingVector, type Heard, type SuspendingVector } from '../../core/vectors/writer/visits.ts'
import type { Operation } from '../src/wire/operation.ts'
import { Recorder } from '../src/wire/recorder.ts'

const path = new URL('../../core/vectors/writer/suspending.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: SuspendingVector[] }
const patterns = ['message-per-response', 'message-per-token'] as const
type Pattern = (typeof patterns)[number]

let server: LocalAbly
beforeAll(async () => {
  server = await startLocalAbly()
})
afterAll(() => server.close())

/** Says what the model says, and asks in between. */
function handlerOf({ call, before, after }: SuspendingVector): PromptHandler {
  const { toolCallId, name, arguments: args } = call
  return async (_, response) => {
    if (!response.resumed) for (const piece of before) response.append(piece)
    if (call.client) await response.clientTool({ toolCallId, name, args }, { suspend: true })
    else await response.approval({ toolCallId, name, arguments: args }, { suspend: true })
    for (const piece of after) response.append(piece)
  }
}

let channels = 0

/** What our own agent publishes in each visit, and the serials of what it heard. */
async function visited(vector: SuspendingVector, pattern: Pattern, handler = handlerOf(vector)) {
  const channelName = `ai:suspending-${channels++}`
  const clients: Realtime[] = []
  const connect = (clientId: string) => {
    const client = new Realtime({ ...server.clientOptions, clientId, echoMessages: false, logLevel: 0 })
    clients.push(client)
    return client
  }
  const watcher = new Realtime({ ...server.clientOptions, clientId: 'watcher', logLevel: 0 })
  clients.push(watcher)
  const recorder = new Recorder(watcher.channels.get(channelName))
  let heard = () => {}
  await recorder.start(() => heard())
  const everything = async (): Promise<Operation[]> => {
    const all = new Promise<void>((resolve) => {
      heard = () => recorder.operations.at(-1)!.name === 'barrier' && resolve()
    })
    await watcher.channels.get(channelName).publish('barrier', null)
    await all
    return recorder.operations.splice(0).filter(({ name }) => name !== 'barrier')
  }
  const send = ({ clientId, ...message }: { name: string; clientId: string; data?: unknown }, extras = {}) =>
    connect(clientId)
      .channels.get(channelName)
      .publish({ ...message, extras })
  const own: Operation[][] = []
  const serials: string[] = []
  const say = ({ toolCallId = vector.call.toolCallId, ...message }: Heard) => {
    const responseId = own[0]?.[0]?.headers['responseId']
    return send(message, { headers: { responseId, ...(message.name !== 'cancel' && { toolCallId }) } })
  }
  try {
    await send({ name: 'user-input', clientId: 'ann', data: { promptId: 'p1', text: 'Do it' } })
    await everything()
    for (const visit of vector.visits) {
      for (const message of visit.heard) await say(message)
      serials.push(...(await everything()).map(({ serial }) => serial))
      const client = connect('agent')
      await answerPrompt({ client, channelName, promptId: 'p1', handler, pattern, endOnExit: false })
      own.push((await everything()).filter(({ clientId }) => clientId === 'agent'))
    }
    return { own, serials }
  } finally {
    for (const client of clients) client.close()
  }
}

describe.each(patterns)('our agent, %s', (pattern) => {
  test.each(vectors)('$name', async (vector) => {
    const { own, serials } = await visited(vector, pattern)
    expect(runSuspendingVector(vector, own, serials, checksum)).toEqual([])
  })
})

describe('the vectors notice', () => {
  const vector = vectors.find(({ visits }) => visits.length === 4)!

  test('a question asked again, an answer judged without saying so, another response, text after the end', async () => {
    const { own, serials } = await visited(vector, 'message-per-response')
    const failuresOf = (visits: readonly Operation[][]) =>
      runSuspendingVector(vector, visits, serials, checksum)
    const [first, second, third, fourth] = own as [Operation[], Operation[], Operation[], Operation[]]
    const request = first.find(({ name }) => name === 'approval-request')!
    expect(failuresOf([first, second, [request], fourth])).toEqual([
      expect.stringMatching(/^visit 3: expected \[\], got .*approval-request/),
    ])
    const suspend = { ...second[0]!, data: { toolCallIds: ['c1'] } }
    expect(failuresOf([first, [suspend], third, fourth])).toEqual([
      expect.stringMatching(/^visit 2: expected .*"judged":0/),
    ])
    const another = fourth.map((one) => ({ ...one, headers: { ...one.headers, responseId: 'other' } }))
    expect(failuresOf([first, second, third, another])).toEqual([
      expect.stringMatching(/^expected one responseId/),
    ])
    const text = first.findIndex(({ kind }) => kind === 'append')
    const late = [...first.toSpliced(text, 1), first[text]!]
    expect(failuresOf([late, second, third, fourth])).toEqual([
      'visit 1: expected nothing after suspend, got append response',
    ])
  })

  test('an agent that starts over', async () => {
    const restarted: PromptHandler = async (prompt, response) => {
      response.append('Once more. ')
      await handlerOf(vector)(prompt, response)
    }
    const { own, serials } = await visited(vector, 'message-per-token', restarted)
    expect(runSuspendingVector(vector, own, serials, checksum)).not.toEqual([])
  })
})
