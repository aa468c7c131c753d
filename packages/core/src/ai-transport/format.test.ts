import { createAgentSession as createCoreSession, Invocation } from '@ably/ai-transport'
import { ResponsesCodec } from '@ably/ai-transport/openai'
import type { OpenAIOutput } from '@ably/ai-transport/openai'
import type { InboundMessage } from 'ably'
import { describe, expect, test } from 'vitest'
import { all, spoken, useAiTransport } from '../../test/wire/aiTransport.ts'
import { until } from '../../test/wire/wire.ts'
import type { StreamEvent } from '../protocol/event.ts'
import { aiTransport, promptMessage } from './index.ts'

const peer = useAiTransport()

describe('the format of @ably/ai-transport', () => {
  test('a step tried again: what the first attempt said is void, whichever way it is read', async () => {
    const name = peer.wire.channelName()
    const session = peer.read(name)
    await session.ready
    const attempts = ['Wrong beginn', 'Right answer']
    const channel = peer.wire.client({ clientId: 'agent' }).channels.get(name)
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
    const later = await peer.readAll(name, 1)
    for (const one of [session, later])
      expect(one.getResponse('run')).toMatchObject({ text: 'Right answer.' })
  })

  test('an agent that is present and leaves: interrupted; one that never was: not', async () => {
    const name = peer.wire.channelName()
    const readers = [true, false].map((presence) =>
      peer.wire.session(name, { codec: aiTransport({ presence }) }),
    )
    await Promise.all(readers.map((session) => session.ready))
    const client = peer.wire.client({ clientId: 'agent' })
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
    const name = peer.wire.channelName()
    const session = peer.read(name)
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
    const client = peer.wire.client({ clientId: 'agent' })
    const { message, invocation } = promptMessage({ text: 'Why?', channelName: name })
    const agent = createCoreSession({ client, channelName: name, codec: ResponsesCodec })
    await agent.connect()
    await peer.wire.client().channels.get(name).publish(message)
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
    const name = peer.wire.channelName()
    const session = peer.read(name)
    await session.ready
    const errors: Error[] = []
    session.on('error', (error) => errors.push(error))
    const channel = peer.wire.client({ clientId: 'agent' }).channels.get(name)
    await channel.publish('chat', 'hello')
    await channel.publish({ name: 'ai-output', data: 'x', extras: { ai: { transport: {}, codec: {} } } })
    await channel.publish({ name: 'ai-output', data: 'x', extras: { ai: 3 } })
    await channel.publish({
      name: 'ai-output',
      data: { a: 1 },
      extras: { ai: { transport: { 'run-id': 'r' } } },
    })
    const { run, finished } = await peer.ask(name, () => spoken())
    await finished
    await until('the end', () => session.getResponse(run.runId)?.status === 'complete')
    expect(session.getSnapshot().messages).toHaveLength(2)
    expect(errors.length).toBeGreaterThan(0)
  })
})
