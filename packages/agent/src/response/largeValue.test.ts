import { createSession, history, type Session } from '@rejoin/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryCheckpoints, type Pattern, type ResponseRow } from '../index.ts'
import { Bench } from '../../test/agentBench.ts'

/** Values that outgrow a message arrive as they were. */
let bench: Bench
beforeAll(async () => {
  bench = await Bench.start()
})
afterAll(() => bench.close())

const soon = (run: () => void) => (queueMicrotask(run), () => {})

async function watch(channelName: string): Promise<Session> {
  const client = bench.client({ clientId: 'ann' })
  const session = createSession({ client, channelName, hydrate: history(), schedule: soon })
  await session.ready
  return session
}

/** `size` characters of JSON, with characters of every width. */
const large = (size: number) => ({ text: 'aé漢😀"\n'.repeat(size / 8), list: [1, null] })

const patterns: Pattern[] = ['message-per-response', 'message-per-token']
const cases = patterns.flatMap((pattern) => [
  { pattern, size: 2 ** 16, maxMessageSize: 65_536 },
  { pattern, size: 2 ** 20, maxMessageSize: 65_536 },
  // The channel takes less than the agent thinks.
  { pattern, size: 2 ** 18, maxMessageSize: 200_000 },
])

test.each(cases)(
  'of $size characters ($pattern, messages of $maxMessageSize bytes)',
  async ({ pattern, size, maxMessageSize }) => {
    const channelName = bench.channelName()
    const live = await watch(channelName)
    const rows: ResponseRow[] = []
    const onComplete = (row: ResponseRow) => void rows.push(row)
    const agent = bench.agent({ channelName, pattern, maxMessageSize, onComplete })
    const value = large(size)
    const response = agent.respond({ responseId: 'r' })
    response.tool({ name: 'read', toolCallId: 'c', args: value }).result(value)
    response.data('table', value, { id: 'd' })
    const { lost, status } = await response.end()
    expect({ lost, status }).toEqual({ lost: [], status: 'complete' })
    await bench.until(() => live.getResponse('r')?.status === 'complete')
    const late = await watch(channelName)
    for (const session of [live, late]) {
      const [tool, data] = session.getResponse('r')!.parts
      expect(tool).toMatchObject({ state: 'output-available' })
      expect((tool as { input: unknown }).input).toEqual(value)
      expect((tool as { output: unknown }).output).toEqual(value)
      expect((data as { data: unknown }).data).toEqual(value)
      session.close()
    }
    expect(rows[0]!.parts![0]!['output']).toEqual(value)
    await agent.close()
  },
)

test('of ten mebibytes', async () => {
  const channelName = bench.channelName()
  const session = await watch(channelName)
  const agent = bench.agent({ channelName })
  const value = 'x'.repeat(10 * 2 ** 20)
  const response = agent.respond({ responseId: 'r' })
  response.tool({ name: 'read' }).result(value)
  await response.end()
  await bench.until(() => session.getResponse('r')?.status === 'complete')
  expect((session.getResponse('r')!.parts[0] as { output?: unknown }).output === value).toBe(true)
  session.close()
  await agent.close()
})

test('are taken over whole by the process that resumes the response', async () => {
  const channelName = bench.channelName()
  const value = large(2 ** 17)
  const checkpoints = memoryCheckpoints()
  const rows: ResponseRow[] = []
  const start = (goesOn: boolean) => {
    const client = bench.client({ clientId: `agent-${channelName}`, echoMessages: false })
    const onComplete = (row: ResponseRow) => void rows.push(row)
    const agent = bench.agent({ channelName, checkpoints, client, onComplete })
    agent.onPrompt(
      async (_, response) => {
        if (goesOn) return
        response.tool({ name: 'read', args: value }).result(value)
        response.data('table', value)
        await response.flush()
        bench.kill(`agent-${channelName}`)
        await new Promise(() => {})
      },
      { interrupted: 'resume' },
    )
    return agent
  }
  const ann = await watch(channelName)
  const first = start(false)
  await first.ready
  await ann.sendMessage({ text: 'x' })
  await bench.until(() => ann.getSnapshot().messages.length === 2 && ann.getSnapshot().agents.length === 0)
  const second = start(true)
  await bench.until(() => rows.length > 0)
  const [tool, data] = rows[0]!.parts!
  expect(tool!['input']).toEqual(value)
  expect(tool!['output']).toEqual(value)
  expect(data!['data']).toEqual(value)
  ann.close()
  await second.close()
})
