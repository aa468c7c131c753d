import { createClientSession, createUIMessageCodec } from '@ably/ai-transport/vercel'
import type { UIMessageChunk } from 'ai'
import { describe, expect, test } from 'vitest'
import { all, spoken, useAiTransport } from '../../test/wire/aiTransport.ts'
import { text, words } from '../../test/wire/chat.ts'
import { until } from '../../test/wire/wire.ts'
import { aiTransport, cancelMessage, toolResultMessage } from './index.ts'

const peer = useAiTransport()

type Part = Record<string, unknown>

describe('an agent of @ably/ai-transport', () => {
  test('its text, live and from history: prompt, answer, status', async () => {
    const name = peer.wire.channelName()
    const session = peer.read(name)
    await session.ready
    const { run, finished, promptId } = await peer.ask(name, () => spoken())
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
      const later = await peer.readAll(name, limit)
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
    const name = peer.wire.channelName()
    const session = peer.read(name)
    await session.ready
    const finishes: string[] = []
    session.on('finish', ({ response }) => finishes.push(response.text))
    const { run, finished } = await peer.ask(name, () =>
      peer.slowly(
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
    const later = await peer.readAll(name, 2)
    expect(later.getResponse(run.runId)?.parts).toMatchObject(expected)
  })

  test('refused publishes: its late repair heals here, and is lost on its own client', async () => {
    const name = peer.wire.channelName()
    const session = peer.read(name)
    const theirs = createClientSession({
      client: peer.wire.client({ clientId: 'theirs' }),
      channelName: name,
    })
    await Promise.all([session.ready, theirs.connect()])
    const unhandled = (): void => {}
    // A refused append of theirs is an unhandled rejection until its stream closes.
    process.on('unhandledRejection', unhandled)
    const { run, finished } = await peer.ask(name, async function* () {
      yield { type: 'text-start', id: '0' }
      for (const [i, delta] of words.entries()) {
        if (i === 4) peer.wire.server.faults.refuse({ match: { channel: name, clientId: 'agent' }, times: 3 })
        const published = peer.wire.published('agent', name)
        yield { type: 'text-delta', id: '0', delta }
        // Each is a publish of its own.
        await published
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
    const name = peer.wire.channelName()
    const early = peer.wire.session(name, {
      codec: aiTransport(),
      clientOptions: { clientId: 'dropped' },
    })
    await early.ready
    let said = 0
    const { run, finished } = await peer.ask(name, async function* () {
      for await (const chunk of spoken()) {
        yield chunk
        if (++said === 6) peer.wire.server.faults.drop({ match: { clientId: 'dropped' }, forget: true })
      }
    })
    await until('some text', () => said > 8)
    const late = peer.read(name)
    await finished
    for (const session of [early, late]) {
      await session.ready
      await until('the whole text', () => session.getResponse(run.runId)?.status === 'complete')
      expect(session.getResponse(run.runId)).toMatchObject({ text, hasGap: false })
    }
  })

  test('cancelled by the reader; failed', async () => {
    const name = peer.wire.channelName()
    const session = peer.read(name)
    await session.ready
    const { run, finished } = await peer.ask(name, async function* (signal) {
      yield { type: 'text-start', id: '0' }
      while (!signal.aborted) {
        const published = peer.wire.published('agent', name)
        yield { type: 'text-delta', id: '0', delta: 'word ' }
        await published
      }
    })
    await until('some text', () => (session.getResponse(run.runId)?.text.length ?? 0) > 20)
    await peer.wire.client({ clientId: 'asker' }).channels.get(name).publish(cancelMessage(run.runId))
    await finished
    await until('the stop', () => session.getResponse(run.runId)?.status === 'stopped')

    const error = Object.assign(new Error('out of words'), { code: 50_000, statusCode: 500 }) as never
    const failed = await peer.ask(name, () => all(), { reason: 'error', error })
    await failed.finished
    const response = await until('the failure', () => {
      const one = session.getResponse(failed.run.runId)
      return one?.status === 'error' && one
    })
    expect(response.error).toMatchObject({ message: 'out of words' })
  })

  const calls: Record<string, UIMessageChunk[]> = {
    whole: [{ type: 'tool-input-available', toolCallId: 'c', toolName: 'place', input: {} }],
    streamed: [
      { type: 'tool-input-start', toolCallId: 'c', toolName: 'place' },
      { type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '{}' },
      { type: 'tool-input-available', toolCallId: 'c', toolName: 'place', input: {} },
    ],
  }

  test.each(Object.entries(calls))(
    'the outcome of a tool in the browser shows on its call, whichever way it is read (%s)',
    async (_, chunks) => {
      const name = peer.wire.channelName()
      const session = peer.read(name)
      await session.ready
      const { run, finished } = await peer.ask(name, () => all(...chunks))
      await finished
      await until('the call', () => session.getResponse(run.runId)?.parts.length === 1)
      const result = (output: string) =>
        toolResultMessage({ channelName: name, runId: run.runId, toolCallId: 'c', output }).message
      // The agent declares nothing: only the client that asked speaks for the tool.
      await peer.wire.client({ clientId: 'stranger' }).channels.get(name).publish(result('Nowhere'))
      await peer.wire.client({ clientId: 'asker' }).channels.get(name).publish(result('Oslo'))
      await until('the result', () => 'output' in session.getResponse(run.runId)!.parts[0]!)
      const later = await peer.readAll(name, 1)
      for (const one of [session, later]) {
        expect(one.getResponse(run.runId)?.parts).toMatchObject([
          { state: 'output-available', output: 'Oslo' },
        ])
        expect(one.getSnapshot().messages).toHaveLength(2)
      }
    },
  )

  test('its own client: what it sends is read as a prompt', async () => {
    const name = peer.wire.channelName()
    const session = peer.read(name)
    const theirs = createClientSession({
      client: peer.wire.client({ clientId: 'theirs' }),
      channelName: name,
    })
    await Promise.all([session.ready, theirs.connect()])
    const codec = createUIMessageCodec()
    const message = { id: 'm', role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello?' }] }
    const sent = await theirs.view.send(codec.createUserMessage(message))
    sent.started.catch(() => {})
    const prompt = await until('the prompt', () => session.getPrompt(sent.inputCodecMessageId))
    expect(prompt).toMatchObject({ text: 'Hello?', clientId: 'theirs' })
    await theirs.close()
  })
})
