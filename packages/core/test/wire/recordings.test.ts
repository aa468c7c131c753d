import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until, Wire } from './wire.ts'
import { createAgent } from '@rejoin/agent'
import type { ModelEvent } from '@rejoin/agent'
import { fromAnthropic } from '@rejoin/agent/providers/anthropic'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { haveRecordings, recorded, recordings, streamed } from '../../../agent/test/providerRecordings.ts'

/** The truth of a recording, read without our mappers: text, reasoning, and tool inputs in order. */
interface Truth {
  text: string
  reasoning: string
  inputs: string[]
}

type Any = Record<string, any>

function truthOf(api: string, events: Any[]): Truth {
  const truth: Truth = { text: '', reasoning: '', inputs: [] }
  if (api === 'openai-chat') {
    for (const e of events) truth.text += e.choices?.[0]?.delta?.content ?? ''
  } else if (api === 'anthropic') {
    const inputs = new Map<number, string>()
    for (const e of events) {
      const { content_block: block, delta, index } = e
      if (e.type === 'content_block_start' && block.type.endsWith('tool_use'))
        inputs.set(index, Object.keys(block.input ?? {}).length ? JSON.stringify(block.input) : '')
      if (e.type === 'content_block_start' && block.type === 'text') truth.text += block.text ?? ''
      if (e.type !== 'content_block_delta') continue
      if (delta.type === 'text_delta') truth.text += delta.text
      else if (delta.type === 'thinking_delta') truth.reasoning += delta.thinking
      else if (delta.type === 'input_json_delta') inputs.set(index, inputs.get(index) + delta.partial_json)
    }
    truth.inputs = [...inputs.values()].map((text) => text || '{}')
  } else {
    for (const e of events) {
      if (e.type === 'response.output_text.delta') truth.text += e.delta
      if (e.type === 'response.reasoning_summary_text.delta') truth.reasoning += e.delta
      if (e.type === 'response.function_call_arguments.done') truth.inputs.push(e.arguments)
      if (e.type === 'response.mcp_call_arguments.done') truth.inputs.push(e.arguments)
    }
  }
  return truth
}

const mappers = {
  anthropic: fromAnthropic,
  'openai-responses': fromOpenAI,
  'openai-chat': fromOpenAI,
} as unknown as Record<string, (events: AsyncIterable<unknown>) => AsyncIterable<ModelEvent>>

describe.skipIf(!haveRecordings)(
  'every recording, through agent, channel and reader, every tenth publish refused',
  () => {
    let wire: Wire
    beforeAll(async () => {
      wire = await Wire.start()
    })
    afterAll(() => wire.close())

    const all = haveRecordings
      ? Object.keys(mappers).flatMap((api) => recordings(api).map((name) => [api, name] as const))
      : []
    for (const pattern of ['message-per-response', 'message-per-token'] as const)
      test.each(all)(`${pattern}: %s/%s`, async (api, name) => {
        const events = recorded<Any>(api, name)
        const truth = truthOf(api, events)
        const channelName = wire.channelName()
        const session = wire.session(channelName, {
          clientOptions: { useBinaryProtocol: pattern === 'message-per-token' },
        })
        await session.ready
        const agent = createAgent({
          client: wire.client({ clientId: 'agent', echoMessages: false }),
          channelName,
          pattern,
          messagesPerSecond: Infinity,
          retry: { minDelay: 5, maxDelay: 20 },
        })
        wire.server.faults.refuse({ every: 10, match: { channel: channelName } })
        const response = agent.respond({ responseId: 'r' })
        // A recording of a failure ends the response as the model's failure.
        await response.pipe(mappers[api]!(streamed(events))).catch(() => {})
        await response.end()
        const state = await until('the end', () => {
          const now = session.getResponse('r')
          return now && now.status !== 'streaming' && now.status !== 'interrupted' && now
        })
        const joined = (type: string) =>
          state.parts.map((p) => (p.type === type ? (p as { text: string }).text : '')).join('')
        expect(state.text).toBe(truth.text)
        expect(state.status).toBe(name.startsWith('error') ? 'error' : 'complete')
        expect(joined('reasoning')).toBe(truth.reasoning)
        expect(state.hasGap).toBe(false)
        if (truth.text) expect(state.verified).toBe(true)
        const inputs = state.parts
          .filter((p) => p.type.startsWith('tool-'))
          .map((p) => (p as { input: unknown }).input)
        for (const input of truth.inputs) expect(inputs).toContainEqual(JSON.parse(input))
        // A session that comes later reads the same from history.
        const late = wire.session(channelName)
        await late.ready
        expect(late.getResponse('r')).toMatchObject({ text: truth.text, status: state.status, hasGap: false })
        wire.release()
      })
  },
)
