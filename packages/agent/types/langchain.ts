import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import { fromLangGraph } from '@rejoin/agent/providers/langgraph'

async function* says<T>(...items: T[]): AsyncGenerator<T> {
  yield* items
}

fromLangGraph(says<BaseMessage>(new AIMessageChunk('hi')))
fromLangGraph(says(new AIMessageChunk('hi')))
fromLangGraph(says<[AIMessageChunk, Record<string, unknown>]>())
fromLangGraph(says<[string[], 'messages', [BaseMessage, object]]>())
fromLangGraph(says<{ id?: string; event: 'messages'; data: unknown }>())
