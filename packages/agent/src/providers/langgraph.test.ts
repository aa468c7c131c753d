import { AIMessage, AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { FakeStreamingChatModel } from '@langchain/core/utils/testing'
import { describe, expect, it } from 'vitest'
import { fromLangGraph } from './langgraph.ts'
import { checkGrammar, collect, joined, streamed } from '../../test/providerRecordings.ts'

const chunk = (fields: ConstructorParameters<typeof AIMessageChunk>[0]) => new AIMessageChunk(fields)
const meta = { langgraph_node: 'agent' }

describe('LangGraph', () => {
  it('maps a loop of tool calls of graph.stream', async () => {
    const call = { id: 'c', name: 'weather', index: 0, type: 'tool_call_chunk' as const }
    const messages = [
      chunk({ id: 'a', content: 'Let me see.' }),
      chunk({ id: 'a', content: '', tool_call_chunks: [{ ...call, args: '{"city":' }] }),
      chunk({ id: 'a', content: '', tool_call_chunks: [{ index: 0, args: '"Oslo"}' }] }),
      chunk({ id: 'a', content: '', response_metadata: { finish_reason: 'tool_calls' } }),
      new ToolMessage({ tool_call_id: 'c', content: '{"degrees":21}' }),
      chunk({ id: 'b', content: [{ type: 'thinking', thinking: 'Hm' }] }),
      chunk({ id: 'b', content: 'It is ' }),
      chunk({ id: 'b', content: '21°', response_metadata: { finish_reason: 'stop' } }),
      // What a node returns is repeated as a whole.
      new AIMessage({ id: 'b', content: 'It is 21°' }),
      new HumanMessage('thanks'),
    ]
    const shapes: ((message: object) => unknown[])[] = [
      (message) => [message, meta],
      (message) => ['messages', [message, meta]],
      (message) => [['graph:1'], 'messages', [message, meta]],
    ]
    for (const shape of shapes) {
      const events = await collect(fromLangGraph(streamed([...messages.map(shape), ['values', {}]])))
      checkGrammar(events)
      expect(joined(events, 'text-delta')).toBe('Let me see.It is 21°')
      expect(joined(events, 'reasoning-delta')).toBe('Hm')
      expect(events.filter(({ type }) => /available/.test(type))).toEqual([
        { type: 'tool-input-available', toolCallId: 'c', toolName: 'weather', input: { city: 'Oslo' } },
        { type: 'tool-output-available', toolCallId: 'c', output: { degrees: 21 } },
      ])
      expect(events.at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
    }
  })

  it("maps the events of LangGraph's server, in both modes", async () => {
    const ai = (content: string, more = {}) => ({ type: 'ai', id: 'a', content, ...more })
    const partial = await collect(
      fromLangGraph(
        streamed([
          { event: 'metadata', data: {} },
          { event: 'messages/partial', data: [ai('It')] },
          { event: 'messages/partial', data: [ai('It is')] },
          {
            event: 'messages/complete',
            data: [ai('It is 21°', { response_metadata: { finish_reason: 'length' } })],
          },
        ]),
      ),
    )
    checkGrammar(partial)
    expect(joined(partial, 'text-delta')).toBe('It is 21°')
    expect(partial.at(-1)).toEqual({ type: 'finish', finishReason: 'length' })
    const tuple = await collect(
      fromLangGraph(
        streamed([
          { event: 'messages', data: [{ ...ai('It '), type: 'AIMessageChunk' }, meta] },
          { event: 'messages|sub:1', data: [{ ...ai('is'), type: 'AIMessageChunk' }, meta] },
          { event: 'error', data: { error: 'GraphRecursionError', message: 'too deep' } },
        ]),
      ),
    )
    expect(joined(tuple, 'text-delta')).toBe('It is')
    expect(tuple.at(-1)).toEqual({ type: 'error', errorText: 'too deep', code: 'GraphRecursionError' })
  })

  it("maps a LangChain model's stream", async () => {
    const model = new FakeStreamingChatModel({
      chunks: ['Hello', ' ', 'there'].map((content) => chunk({ content, id: 'm' })),
    })
    const events = await collect(fromLangGraph(await model.stream('hi')))
    checkGrammar(events)
    expect(joined(events, 'text-delta')).toBe('Hello there')
  })
})
