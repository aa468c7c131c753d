import { createAgentSession as createCoreSession, Invocation } from '@ably/ai-transport'
import { ResponsesCodec } from '@ably/ai-transport/openai'
import type { OpenAIOutput } from '@ably/ai-transport/openai'
import { createAgentSession, createClientSession, createUIMessageCodec } from '@ably/ai-transport/vercel'
import type { InboundMessage } from 'ably'
import type { UIMessageChunk } from 'ai'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire.ts'
import type { StreamEvent } from '../event.ts'
import { history } from '../index.ts'
import { aiTransport, cancelMessage, promptMessage, toolResultMessage } from './index.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start({ connectionStateTtl: 1_000 })
})
afterEach(() => wire.release())
afterAll(() => wire.close())

type Part = Record<string, unknown>

const words = 'The quick brown fox jumps over the lazy dog, then rests in the shade of a tree. '.split(
  /(?<= )/,
)
const text = words.join('')
const pause = () => new Promise((resolve) => setTimeout(resolve, 2))

async function* spoken(id = '0'): AsyncGenerator<UIMessageChunk> {
  yield { type: 'text-start', id }
  for (const delta of words) {
    yield { type: 'text-delta', id, delta }
    await pause()
  }
  yield { type: 'text-end', id }
}

/** The package's own agent, answering one prompt that our reader's side sent. */
async function ask(
  name: string,
  chunks: (signal: AbortSignal) => AsyncIterable<UIMessageChunk>,
  options: { end?: { reason: 'complete' } | { reason: 'error'; error: never }; promptId?: string } = {},
) {
  const asker = wire.client({ clientId: 'asker' }).channels.get(name)
  const { message, invocation, promptId } = promptMessage({
    text: 'Why?',
    channelName: name,
    ...(options.promptId && { promptId: options.promptId }),
  })
  const published = asker.publish(message)
  const session = createAgentSession({ client: wire.client({ clientId: 'agent' }), channelName: name })
  await Promise.all([session.connect(), published])
  const run = session.createRun(Invocation.fromJSON(invocation))
  // As its documentation has it: the prompt is found by paging the conversation in.
  while (run.view.hasOlder()) await run.view.loadOlder()
  await run.start()
  const finished = (async () => {
    const result = await run.pipe(chunks(run.abortSignal))
    if (options.end) await run.end(options.end)
    else await run.end({ reason: result.reason === 'cancelled' ? 'cancelled' : 'complete' })
    await session.end()
    return result
  })()
  return { run, finished, promptId }
}

function read(name: string, hydrate = history()) {
  return wire.session(name, { codec: aiTransport(), hydrate })
}

/** Reads the channel back to its beginning, `limit` messages at a time. */
async function readAll(name: string, limit: number) {
  const session = read(name, history({ limit, maxPages: 100 }))
  await session.ready
  while (session.getSnapshot().hasOlder) await session.loadOlder()
  return session
}

async function* all<T = UIMessageChunk>(...chunks: T[]): AsyncGenerator<T> {
  yield* chunks
}

/** Slow enough for a reader to see every state. */
async function* slowly(...chunks: UIMessageChunk[]): AsyncGenerator<UIMessageChunk> {
  for (const chunk of chunks) {
    yield chunk
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('an agent of @ably/ai-transport', () => {
  test('its text, live and from history: prompt, answer, status', async () => {
    const name = wire.channelName()
    const session = read(name)
    await session.ready
    const { run, finished, promptId } = await ask(name, () => spoken())
    await finished
    const live = await until('the end', () => {
      const response = session.getResponse(run.runId)
      return response?.status === 'complete' && response
    })
    expect(live).toMatchObject({
      text,
      hasGap: false,
      promptId,
      clientId: 'agent',
      parts: [{ type: 'text', state: 'done' }],
    })
    expect(session.getPrompt(promptId)).toMatchObject({ text: 'Why?', clientId: 'asker' })
    for (const limit of [1, 3, 100]) {
      const later = await readAll(name, limit)
      expect(later.getResponse(run.runId)).toMatchObject({
        text,
        status: 'complete',
        hasGap: false,
        promptId,
      })
      expect(later.getSnapshot().messages).toEqual([
        { id: promptId, role: 'user' },
        { id: run.runId, role: 'assistant' },
      ])
    }
  })

  test('reasoning, tools, sources, files and data become parts', async () => {
    const name = wire.channelName()
    const session = read(name)
    await session.ready
    const finishes: string[] = []
    session.on('finish', ({ response }) => finishes.push(response.text))
    const { run, finished } = await ask(name, () =>
      slowly(
        { type: 'start' },
        { type: 'start-step' },
        { type: 'reasoning-start', id: 'r' },
        { type: 'reasoning-delta', id: 'r', delta: 'Hm.' },
        { type: 'reasoning-end', id: 'r' },
        { type: 'tool-input-start', toolCallId: 'a', toolName: 'weather' },
        { type: 'tool-input-delta', toolCallId: 'a', inputTextDelta: '{"city":' },
        { type: 'tool-input-delta', toolCallId: 'a', inputTextDelta: '"Oslo"}' },
        { type: 'tool-input-available', toolCallId: 'a', toolName: 'weather', input: { city: 'Oslo' } },
        { type: 'tool-output-available', toolCallId: 'a', output: { degrees: 21 } },
        { type: 'tool-input-available', toolCallId: 'b', toolName: 'map', input: { zoom: 3 } },
        { type: 'tool-output-error', toolCallId: 'b', errorText: 'no map' },
        { type: 'finish-step' },
        { type: 'start-step' },
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', delta: 'Warm.' },
        { type: 'text-end', id: '0' },
        { type: 'text-start', id: '1' },
        { type: 'text-delta', id: '1', delta: ' Dry.' },
        { type: 'text-end', id: '1' },
        { type: 'source-url', sourceId: 's', url: 'https://example.com', title: 'Example' },
        { type: 'file', url: 'https://example.com/a.png', mediaType: 'image/png' },
        { type: 'data-mood', id: 'm', data: 'calm' },
        { type: 'data-mood', id: 'm', data: 'happy' },
        { type: 'data-progress', data: 1, transient: true },
        { type: 'finish-step' },
        { type: 'finish' },
      ),
    )
    await finished
    const expected = [
      { type: 'reasoning', text: 'Hm.', state: 'done' },
      { type: 'tool-weather', state: 'output-available', input: { city: 'Oslo' }, output: { degrees: 21 } },
      { type: 'tool-map', state: 'output-error', input: { zoom: 3 }, errorText: 'no map' },
      { type: 'text', text: 'Warm.', state: 'done' },
      { type: 'text', text: ' Dry.', state: 'done' },
      { type: 'source-url', url: 'https://example.com', title: 'Example', sourceId: 's' },
      { type: 'data-file', data: { url: 'https://example.com/a.png', mediaType: 'image/png' } },
      { type: 'data-mood', data: 'happy' },
    ] as Part[]
    await until('the end', () => session.getResponse(run.runId)?.status === 'complete')
    expect(session.getResponse(run.runId)?.parts).toMatchObject(expected)
    expect(session.getResponse(run.runId)?.parts).toHaveLength(expected.length)
    expect(finishes).toEqual(['Warm. Dry.'])
    const later = await readAll(name, 2)
    expect(later.getResponse(run.runId)?.parts).toMatchObject(expected)
  })

  test('refused publishes: its late repair heals here, and is lost on its own client', async () => {
    const name = wire.channelName()
    const session = read(name)
    const theirs = createClientSession({ client: wire.client({ clientId: 'theirs' }), channelName: name })
    await Promise.all([session.ready, theirs.connect()])
    const unhandled = (): void => {}
    // A refused append of theirs is an unhandled rejection until its stream closes.
    process.on('unhandledRejection', unhandled)
    const { run, finished } = await ask(name, async function* () {
      yield { type: 'text-start', id: '0' }
      for (const [i, delta] of words.entries()) {
        if (i === 4) wire.server.faults.refuse({ match: { channel: name, clientId: 'agent' }, times: 3 })
        yield { type: 'text-delta', id: '0', delta }
        // Longer than the time in which appends are rolled up: each is a publish of its own.
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      yield { type: 'text-end', id: '0' }
    })
    await finished
    await until('the repair', () => session.getResponse(run.runId)?.text === text)
    expect(session.getResponse(run.runId)).toMatchObject({ status: 'complete', hasGap: false })
    const shown = () =>
      theirs.view
        .getMessages()
        .flatMap(({ message }) => (message.role === 'assistant' ? message.parts : []))
        .map((part) => (part.type === 'text' ? part.text : ''))
        .join('')
    await until('their client', () => shown().length > 20)
    expect(shown()).not.toBe(text)
    process.off('unhandledRejection', unhandled)
    await theirs.close()
  })

  test('joined late, dropped, and without a way to resume: whole', async () => {
    const name = wire.channelName()
    const early = wire.session(name, {
      codec: aiTransport(),
      clientOptions: { clientId: 'dropped' },
    })
    await early.ready
    let said = 0
    const { run, finished } = await ask(name, async function* () {
      for await (const chunk of spoken()) {
        yield chunk
        if (++said === 6) wire.server.faults.drop({ match: { clientId: 'dropped' }, forget: true })
      }
    })
    await until('some text', () => said > 8)
    const late = read(name)
    await finished
    for (const session of [early, late]) {
      await session.ready
      await until('the whole text', () => session.getResponse(run.runId)?.status === 'complete')
      expect(session.getResponse(run.runId)).toMatchObject({ text, hasGap: false })
    }
  })

  test('cancelled by the reader; failed', async () => {
    const name = wire.channelName()
    const session = read(name)
    await session.ready
    const { run, finished } = await ask(name, async function* (signal) {
      yield { type: 'text-start', id: '0' }
      while (!signal.aborted) {
        yield { type: 'text-delta', id: '0', delta: 'word ' }
        await pause()
      }
    })
    await until('some text', () => (session.getResponse(run.runId)?.text.length ?? 0) > 20)
    await wire.client({ clientId: 'asker' }).channels.get(name).publish(cancelMessage(run.runId))
    await finished
    await until('the stop', () => session.getResponse(run.runId)?.status === 'stopped')

    const error = Object.assign(new Error('out of words'), { code: 50_000, statusCode: 500 }) as never
    const failed = await ask(name, () => all(), { end: { reason: 'error', error } })
    await failed.finished
    const response = await until('the failure', () => {
      const one = session.getResponse(failed.run.runId)
      return one?.status === 'error' && one
    })
    expect(response.error).toMatchObject({ message: 'out of words' })
  })

  test('the outcome of a tool in the browser shows on its call, whichever way it is read', async () => {
    const name = wire.channelName()
    const session = read(name)
    await session.ready
    const { run, finished } = await ask(
      name,
      () => all({ type: 'tool-input-available', toolCallId: 'c', toolName: 'place', input: {} }),
      {},
    )
    await finished
    await until('the call', () => session.getResponse(run.runId)?.parts.length === 1)
    const { message } = toolResultMessage({
      channelName: name,
      runId: run.runId,
      toolCallId: 'c',
      output: 'Oslo',
    })
    await wire.client({ clientId: 'asker' }).channels.get(name).publish(message)
    await until('the result', () => 'output' in session.getResponse(run.runId)!.parts[0]!)
    const later = await readAll(name, 1)
    for (const one of [session, later]) {
      expect(one.getResponse(run.runId)?.parts).toMatchObject([{ state: 'output-available', output: 'Oslo' }])
      expect(one.getSnapshot().messages).toHaveLength(2)
    }
  })

  test('its own client: what it sends is read as a prompt', async () => {
    const name = wire.channelName()
    const session = read(name)
    const theirs = createClientSession({ client: wire.client({ clientId: 'theirs' }), channelName: name })
    await Promise.all([session.ready, theirs.connect()])
    const codec = createUIMessageCodec()
    const message = { id: 'm', role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello?' }] }
    const sent = await theirs.view.send(codec.createUserMessage(message))
    sent.started.catch(() => {})
    const prompt = await until('the prompt', () => session.getPrompt(sent.inputCodecMessageId))
    expect(prompt).toMatchObject({ text: 'Hello?', clientId: 'theirs' })
    await theirs.close()
  })

  test('a step tried again: what the first attempt said is void, whichever way it is read', async () => {
    const name = wire.channelName()
    const session = read(name)
    await session.ready
    const attempts = ['Wrong beginn', 'Right answer']
    const channel = wire.client({ clientId: 'agent' }).channels.get(name)
    const run = { 'run-id': 'run', 'input-codec-message-id': 'p' }
    await channel.publish({ name: 'ai-run-start', extras: { ai: { transport: run } } })
    for (const said of attempts) {
      const step = { ...run, 'step-id': 'step' }
      const { serials } = await channel.publish({
        name: 'ai-step-start',
        extras: { ai: { transport: step } },
      })
      const transport = { ...step, 'step-start-serial': serials[0]!, stream: 'true', status: 'streaming' }
      const extras = (status: string) => ({
        ai: { transport: { ...transport, status }, codec: { kind: 'text' } },
      })
      const output = await channel.publish({ name: 'ai-output', data: '', extras: extras('streaming') })
      await channel.appendMessage({ serial: output.serials[0]!, data: said, extras: extras('streaming') })
      await until('the text', () => session.getResponse('run')?.text === said)
      if (said === attempts[1])
        await channel.appendMessage({ serial: output.serials[0]!, data: '.', extras: extras('complete') })
    }
    await channel.publish({ name: 'ai-run-end', extras: { ai: { transport: run } } })
    await until('the end', () => session.getResponse('run')?.status === 'complete')
    const later = await readAll(name, 1)
    for (const one of [session, later])
      expect(one.getResponse('run')).toMatchObject({ text: 'Right answer.' })
  })

  test('an agent that is present and leaves: interrupted; one that never was: not', async () => {
    const name = wire.channelName()
    const readers = [true, false].map((presence) => wire.session(name, { codec: aiTransport({ presence }) }))
    await Promise.all(readers.map((session) => session.ready))
    const client = wire.client({ clientId: 'agent' })
    const channel = client.channels.get(name)
    await channel.presence.enter()
    const transport = { 'run-id': 'r', stream: 'true', status: 'streaming' }
    const extras = { ai: { transport, codec: { kind: 'text' } } }
    await channel.publish({ name: 'ai-run-start', extras })
    await channel.publish({ name: 'ai-output', data: 'Hello', extras })
    for (const session of readers) await until('the text', () => session.getResponse('r')?.text === 'Hello')
    await channel.presence.leave()
    await until('the loss', () => readers[0]!.getResponse('r')?.status === 'interrupted')
    expect(readers[1]!.getResponse('r')?.status).toBe('streaming')
  })

  test('agents of its OpenAI codec: text, reasoning, refusal, calls and their outputs', async () => {
    const name = wire.channelName()
    const session = read(name)
    await session.ready
    const at = { output_index: 0, sequence_number: 0 }
    const slot = (item_id: string) => ({ ...at, item_id, content_index: 0 })
    const call = {
      type: 'function_call',
      id: 'f',
      call_id: 'c',
      name: 'weather',
      arguments: '',
      status: 'in_progress',
    }
    const events = [
      {
        type: 'response.reasoning_summary_part.added',
        ...at,
        item_id: 'r',
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      },
      { type: 'response.reasoning_summary_text.delta', ...at, item_id: 'r', summary_index: 0, delta: 'Hm.' },
      { type: 'response.reasoning_summary_text.done', ...at, item_id: 'r', summary_index: 0, text: 'Hm.' },
      { type: 'response.output_item.added', ...at, item: call },
      { type: 'response.function_call_arguments.delta', ...at, item_id: 'f', delta: '{"city":"Oslo"}' },
      {
        type: 'response.function_call_arguments.done',
        ...at,
        item_id: 'f',
        name: 'weather',
        arguments: '{"city":"Oslo"}',
      },
      { type: 'function_call_output', item: { type: 'function_call_output', call_id: 'c', output: '21' } },
      {
        type: 'response.content_part.added',
        ...slot('m'),
        part: { type: 'output_text', text: '', annotations: [] },
      },
      { type: 'response.output_text.delta', ...slot('m'), delta: 'Warm.' },
      { type: 'response.output_text.done', ...slot('m'), text: 'Warm.' },
    ] as unknown as OpenAIOutput[]
    const client = wire.client({ clientId: 'agent' })
    const { message, invocation } = promptMessage({ text: 'Why?', channelName: name })
    const agent = createCoreSession({ client, channelName: name, codec: ResponsesCodec })
    await agent.connect()
    await wire.client().channels.get(name).publish(message)
    const run = agent.createRun(Invocation.fromJSON(invocation))
    while (run.view.hasOlder()) await run.view.loadOlder()
    await run.start()
    const piped = await run.pipe(all(...events))
    expect(piped.error).toBeUndefined()
    await run.end({ reason: 'complete' })
    await agent.end()
    await until('the end', () => session.getResponse(run.runId)?.status === 'complete')
    expect(session.getResponse(run.runId)?.parts).toMatchObject([
      { type: 'reasoning', text: 'Hm.', state: 'done' },
      {
        type: 'tool-weather',
        toolCallId: 'c',
        input: { city: 'Oslo' },
        state: 'output-available',
        output: 21,
      },
      { type: 'text', text: 'Warm.', state: 'done' },
    ])
  })

  test('the service leaves out the name of an append; what is transient is no part', () => {
    const codec = aiTransport()
    const events: StreamEvent[] = []
    const transport = { 'run-id': 'r', stream: 'true', status: 'streaming' }
    const append = { action: 'message.append', serial: 's', version: { serial: 't' }, data: 'more' }
    const extras = { ai: { transport, codec: { kind: 'text' } } }
    codec.decode({ ...append, extras } as unknown as InboundMessage, (event) => events.push(event))
    const transient = { ai: { transport, codec: { kind: 'data-progress', transient: 'true' } } }
    codec.decode({ ...append, name: 'ai-output', extras: transient } as never, (event) => events.push(event))
    expect(events).toMatchObject([{ type: 'text', op: 'append', text: 'more', responseId: 'r', done: false }])
  })

  test('messages of others on the channel, and malformed ones, are no harm', async () => {
    const name = wire.channelName()
    const session = read(name)
    await session.ready
    const errors: Error[] = []
    session.on('error', (error) => errors.push(error))
    const channel = wire.client({ clientId: 'agent' }).channels.get(name)
    await channel.publish('chat', 'hello')
    await channel.publish({ name: 'ai-output', data: 'x', extras: { ai: { transport: {}, codec: {} } } })
    await channel.publish({ name: 'ai-output', data: 'x', extras: { ai: 3 } })
    await channel.publish({
      name: 'ai-output',
      data: { a: 1 },
      extras: { ai: { transport: { 'run-id': 'r' } } },
    })
    const { run, finished } = await ask(name, () => spoken())
    await finished
    await until('the end', () => session.getResponse(run.runId)?.status === 'complete')
    expect(session.getSnapshot().messages).toHaveLength(2)
    expect(errors.length).toBeGreaterThan(0)
  })
})
