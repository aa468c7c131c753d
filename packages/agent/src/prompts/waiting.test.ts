import { expect, test } from 'vitest'
import { createSession } from '@rejoin/core'
import { checksum } from '@rejoin/core/protocol'
import {
  answerPrompt,
  memoryCheckpoints,
  memoryClaims,
  type Pattern,
  type Prompt,
  type ResponseRow,
} from '../index.ts'
import { ask, type Reader, useBench } from '../../test/agentBench.ts'

/** What becomes of a prompt before it has an answer, and instead of one. */
const bench = useBench()

const news = ({ messages }: Reader) =>
  messages
    .filter(({ name }) => name === 'prompt-status')
    .map(({ data, extras }) => `${extras.headers.promptId} ${data.status}`)

const ended = (reader: Reader, promptId: string) =>
  reader.messages.some(
    ({ name, extras }) =>
      /^(response-end|stop|cancelled)$/.test(name!) && extras.headers.promptId === promptId,
  )

/** A gate that a test opens. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

test.each<Pattern>(['message-per-response', 'message-per-token'])(
  'says that an answer begins (%s)',
  async (pattern) => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const thinking = gate()
    const agent = bench.agent({ channelName, pattern })
    agent.onPrompt(async (_, response) => {
      await thinking.opened
      response.append('x')
    })
    await agent.ready
    await ask(reader, 'q')
    await reader.until(() => reader.messages.some(({ name }) => name === 'start'))
    const start = reader.messages.find(({ name }) => name === 'start')!
    expect(start.extras.headers).toMatchObject({ promptId: 'q', responseId: expect.any(String) as string })
    thinking.open()
    await reader.until(() => ended(reader, 'q'))
    expect(reader.messages.filter(({ name }) => name === 'start')).toHaveLength(1)
    await agent.close()
  },
)

test('says which prompts wait and which are ignored', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const thinking = gate()
  const agent = bench.agent({ channelName })
  agent.onPrompt(
    async (_, response) => {
      await thinking.opened
      response.append('x')
    },
    { whileBusy: ({ id }) => (id === 'noise' ? 'ignore' : 'queue') },
  )
  await agent.ready
  for (const promptId of ['first', 'second', 'noise']) await ask(reader, promptId)
  await reader.until(() => news(reader).length === 2)
  expect(news(reader).sort()).toEqual(['noise ignored', 'second queued'])
  thinking.open()
  await reader.until(() => ended(reader, 'second'))
  expect(ended(reader, 'noise')).toBe(false)
  await agent.close()
})

test('never begins an answer that was cancelled before', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const agent = bench.agent({ channelName })
  agent.onPrompt((_, response) => response.append('x'))
  await agent.ready
  await reader.channel.publish({ name: 'cancel', extras: { headers: { promptId: 'q' } } })
  await ask(reader, 'q')
  await reader.until(() => ended(reader, 'q'))
  expect(reader.messages.some(({ name }) => name === 'start')).toBe(false)
  await agent.close()
})

test.each(['the same process', 'the next process', 'another process'])(
  'what a suspended answer has taken is settled with it (ended by %s)',
  async (by) => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const checkpoints = memoryCheckpoints()
    const { claims: _, ...alone } = checkpoints
    const runs: string[] = []
    const steered = gate()
    const start = async () => {
      const agent = bench.agent({
        channelName,
        checkpoints: by === 'another process' ? { ...alone, claims: memoryClaims({ now: () => 0 }) } : alone,
      })
      agent.onPrompt(
        async (prompt, response) => {
          runs.push(`${prompt.id}${response.resumed ? ' again' : ''}`)
          if (prompt.id === 'a' && !response.resumed) {
            await steered.opened
            response.append(`with ${response.takeSteering().length} `)
          }
          const { approved } = await response.approval({ name: 'pay' }, { suspend: true })
          response.append(`${approved}`)
        },
        { whileBusy: 'steer' },
      )
      await agent.ready
      return agent
    }
    const agent = await start()
    await ask(reader, 'a')
    await bench.until(() => runs.length > 0)
    await ask(reader, 'b')
    await bench.until(() => agent.responses[0]?.steering.length)
    steered.open()
    await reader.until(() => reader.messages.some(({ name }) => name === 'suspend'))
    await bench.settle()
    if (by === 'the next process') await agent.close()
    const request = reader.messages.find(({ name }) => name === 'approval-request')
    const { responseId, toolCallId } = request!.extras.headers as Record<string, string>
    const headers = { responseId, toolCallId }
    const decision = { name: 'approval-response', data: { decision: 'approved' }, extras: { headers } }
    if (by !== 'another process') await reader.channel.publish(decision)
    else {
      const client = bench.client({ echoMessages: false })
      const end = { name: 'response-end', extras: { headers: { ...headers, promptId: 'a', rejoin: '1' } } }
      await client.channels.get(channelName).publish(end)
    }
    const last = by === 'the next process' ? await start() : agent
    await reader.until(() => ended(reader, 'a'))
    const open = async () => (await checkpoints.load(channelName))!.open.map(({ prompt }) => prompt.id)
    while ((await open()).includes('b')) await bench.settle()
    expect(runs).toEqual(by === 'another process' ? ['a'] : ['a', 'a again'])
    expect(ended(reader, 'b')).toBe(false)
    await last.close()
  },
)

test('hands a prompt to the answer under way, and answers what that has not taken', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const rows: ResponseRow[] = []
  const steered: string[] = []
  const thinking = gate()
  const taken = gate()
  const agent = bench.agent({
    channelName,
    checkpoints: memoryCheckpoints(),
    onComplete: (row) => void rows.push(row),
  })
  const all: string[] = []
  agent.onPrompt(
    async (prompt, response) => {
      all.push(prompt.id)
      response.on('steer', ({ id }: Prompt) => steered.push(id))
      response.append(`${prompt.id}: `)
      if (prompt.id !== 'first') return
      await thinking.opened
      response.append(
        response
          .takeSteering()
          .map(({ id }) => id)
          .join(),
      )
      response.append(response.takeSteering().length === 0 ? '.' : '?')
      taken.open()
      await new Promise<void>((resolve) => response.on('steer', () => resolve()))
    },
    { whileBusy: 'steer' },
  )
  await agent.ready
  await ask(reader, 'first')
  await reader.until(() => reader.messages.some(({ name }) => name === 'response'))
  for (const promptId of ['a', 'b']) await ask(reader, promptId)
  await bench.until(() => steered.length === 2)
  thinking.open()
  await taken.opened
  await ask(reader, 'late')
  await reader.until(() => ended(reader, 'late'))
  await bench.until(() => rows.length === 2)
  expect(news(reader)).toEqual(['a steered', 'b steered'])
  const status = reader.messages.find(({ name }) => name === 'prompt-status')
  expect(status!.data).toMatchObject({ responseId: rows[0]!.id, part: '1' })
  expect(all).toEqual(['first', 'late'])
  expect(rows.map(({ text }) => text)).toEqual(['first: a,b.', 'late: '])
  await agent.close()
})

test('a prompt that cannot be answered has failed, for every reader', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const session = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
  await session.ready
  const broken = (promptId: string) =>
    reader.channel.publish('user-input', { promptId, text: 'The head', length: 9999, checksum: '00000000' })
  const fate = (promptId: string) => session.getPrompt(promptId)?.status
  const checkpoints = memoryCheckpoints()
  const accept = ({ id }: Prompt) => {
    if (id === 'odd') throw new Error('what is this?')
    return true
  }
  const start = async () => {
    const agent = bench.agent({ channelName, checkpoints })
    agent.onPrompt((_, response) => response.append('well'), { accept })
    await agent.ready
    return agent
  }
  const first = await start()
  await broken('live')
  await ask(reader, 'odd')
  await bench.until(() => fate('live') === 'failed' && fate('odd') === 'failed')
  await first.close()
  await broken('missed')
  const second = await start()
  await bench.until(() => fate('missed') === 'failed')
  await second.close()
  await broken('alone')
  const client = bench.client({ echoMessages: false })
  const one = answerPrompt({ client, channelName, promptId: 'alone', handler: () => {}, patience: 0 })
  await expect(one).rejects.toMatchObject({ message: expect.stringMatching(/pieces of it are/) as string })
  await bench.until(() => fate('alone') === 'failed')
  session.close()
})

test('a prompt whose pieces came before its agent listened is answered with all of its text', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const [head, piece] = ['The head, ', 'and the tail.']
  const [text, promptId] = [head + piece, 'long']
  const extras = { headers: { promptId, end: String(text.length) } }
  await reader.channel.publish({ name: 'prompt-text', data: piece, extras })
  const agent = bench.agent({ channelName })
  agent.onPrompt((prompt, response) => response.append(`${prompt.late ? 'late' : 'live'}: ${prompt.text}`))
  await agent.ready
  const whole = { length: text.length, checksum: checksum(text) }
  await reader.channel.publish('user-input', { promptId, text: head, ...whole })
  await reader.until(() => reader.messages.some(({ name }) => name === 'response-end'))
  expect(reader.messages.find(({ name }) => name === 'response')!.data).toBe(`live: ${text}`)
  expect(news(reader)).toEqual([])
  await agent.close()
})
