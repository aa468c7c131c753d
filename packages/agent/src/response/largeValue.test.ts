import { createSession, history, type Session } from '@rejoin/core'
import { checksum } from '@rejoin/core/protocol'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { memoryCheckpoints, type Pattern, type ResponseRow } from '../index.ts'
import { useBench } from '../../test/agentBench.ts'

/** Values that outgrow a message arrive as they were. */
const bench = useBench()

const soon = (run: () => void) => (queueMicrotask(run), () => {})

async function watch(channelName: string, clientId = 'ann'): Promise<Session> {
  const client = bench.client({ clientId })
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

describe.each([2 ** 16, 2 ** 20, 10 * 2 ** 20])('the output of a client’s tool, of %i characters', (size) => {
  test('arrives whole: at the agent, in its row, and at readers live and late', async () => {
    const channelName = bench.channelName()
    const [ann, other] = [await watch(channelName), await watch(channelName, 'bob')]
    const rows: ResponseRow[] = []
    const agent = bench.agent({ channelName, onComplete: (row) => void rows.push(row) })
    const response = agent.respond({ responseId: 'r' })
    const asked = response.clientTool({ name: 'read', toolCallId: 'c' }, { allow: () => true })
    const shown = (session: Session) =>
      session.getResponse('r')?.parts[0] as { state?: string; output?: unknown } | undefined
    await bench.until(() => shown(ann)?.state === 'input-available')
    const value = size > 2 ** 20 ? 'x'.repeat(size) : large(size)
    const same = isDeepStrictEqual
    await ann.addToolOutput({ responseId: 'r', toolCallId: 'c', tool: 'read', output: value })
    expect(same((await asked).output, value)).toBe(true)
    response.append('Thanks.')
    await response.end()
    for (const session of [ann, other]) {
      await bench.until(() => session.getResponse('r')?.status === 'complete')
      expect(shown(session)?.state).toBe('output-available')
      expect(same(shown(session)?.output, value)).toBe(true)
    }
    const late = await watch(channelName)
    expect(same(shown(late)?.output, value)).toBe(true)
    expect(same(rows[0]!.parts![0]!['output'], value)).toBe(true)
    for (const session of [ann, other, late]) session.close()
    await agent.close()
  })
})

test('pieces of a stranger make no output, and one that lacks a piece is none', async () => {
  const channelName = bench.channelName()
  const ann = await watch(channelName)
  const agent = bench.agent({ channelName })
  const errors: string[] = []
  agent.on('error', ({ message }) => errors.push(message))
  const response = agent.respond({ responseId: 'r' })
  const asked = response.clientTool({ name: 'read', toolCallId: 'c' }, { allow: () => true })
  const shown = () => ann.getResponse('r')?.parts[0] as Record<string, unknown> | undefined
  await bench.until(() => shown()?.['state'] === 'input-available')
  const channels = ['ann', 'eve'].map((clientId) => bench.client({ clientId }).channels.get(channelName))
  const ids = { responseId: 'r', toolCallId: 'c', value: 'v' }
  const publish = (nth: 0 | 1, name: string, data: unknown, headers: Record<string, string>) =>
    channels[nth]!.publish({ name, data, extras: { headers: { ...ids, ...headers } } })
  await publish(0, 'value', '"ab', { end: '3' })
  await publish(1, 'value', 'cd"', { end: '6' })
  await publish(0, 'tool_result', { name: 'read' }, { length: '6', checksum: checksum('"abcd"') })
  await bench.until(() => shown()?.['incomplete'])
  expect(shown()).toMatchObject({ state: 'input-available', incomplete: { received: 3, length: 6 } })
  await bench.until(() => errors.length > 0)
  expect(errors[0]).toContain('pieces of its value are missing')
  await ann.addToolOutput({ responseId: 'r', toolCallId: 'c', tool: 'read', output: 'whole' })
  expect((await asked).output).toBe('whole')
  await bench.until(() => shown()?.['output'] === 'whole')
  ann.close()
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

test.each(patterns)('texts for people that outgrow a message are cut, and say so (%s)', async (pattern) => {
  const channelName = bench.channelName()
  const live = await watch(channelName)
  const rows: ResponseRow[] = []
  const agent = bench.agent({ channelName, pattern, onComplete: (row) => void rows.push(row) })
  const failures: string[] = []
  agent.on('error', ({ message }) => failures.push(message))
  const long = 'Nö, "😀"\n'.repeat(20_000)
  const response = agent.respond({ responseId: 'r' })
  const call = response.tool({ name: 'read', toolCallId: 'c' })
  call.error(long)
  const allow = () => true
  const decision = response.approval({ name: 'pay', toolCallId: 'a', arguments: large(2 ** 17) }, { allow })
  const place = response.clientTool({ name: 'place', toolCallId: 'p' }, { allow })
  const part = (session: Session, toolCallId: string) =>
    session.getResponse('r')!.parts.find((one) => 'toolCallId' in one && one.toolCallId === toolCallId) as {
      state: string
      input: unknown
      errorText?: string
      approval?: { reason?: string }
    }
  await bench.until(() => live.getResponse('r')?.parts.length === 3 && part(live, 'a').input)
  expect(part(live, 'a').input).toEqual(large(2 ** 17))
  await live.addToolApprovalResponse({ responseId: 'r', id: 'a', approved: false, reason: long })
  await live.addToolOutput({ responseId: 'r', toolCallId: 'p', tool: 'place', errorText: long })
  const cut = /… \[cut: \d+ of 180000 characters\]$/
  expect((await decision).reason).toMatch(cut)
  expect((await place).errorText).toMatch(cut)
  const { lost, status } = await response.fail(long)
  expect({ lost, status }).toEqual({ lost: [], status: 'error' })
  await bench.until(() => live.getResponse('r')!.status === 'error')
  const late = await watch(channelName)
  for (const session of [live, late]) {
    expect(part(session, 'c')).toMatchObject({
      state: 'output-error',
      errorText: expect.stringMatching(cut) as string,
    })
    expect(part(session, 'p').errorText).toMatch(cut)
    expect(part(session, 'a')).toMatchObject({ state: 'output-denied' })
    expect(part(session, 'a').approval!.reason).toMatch(cut)
    expect(session.getResponse('r')!.error!.message).toMatch(cut)
    // What is stored is what readers see.
    const [row] = rows as [ResponseRow & { parts: { toolCallId: string }[] }]
    expect(row.error).toEqual(session.getResponse('r')!.error)
    for (const stored of row.parts) {
      const { errorText, approval } = part(session, stored.toolCallId)
      expect(stored).toMatchObject({
        ...(errorText !== undefined && { errorText }),
        ...(approval && { approval: { reason: approval.reason } }),
      })
    }
    session.close()
  }
  expect(failures).toEqual([])
  await agent.close()
})
