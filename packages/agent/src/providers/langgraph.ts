import type { BaseMessage } from '@langchain/core/messages'
import type { ModelEvent } from '../response/modelEvent.ts'
import { LangGraphMapper } from './langgraph/mapper.ts'

/** What LangGraph's client yields for a run, with `streamMode: 'messages-tuple'` or `'messages'`. */
export interface LangGraphEvent {
  event: string
  data: unknown
}

/** How to read a stream of LangChain or LangGraph. */
export interface LangGraphOptions {
  /**
   * Set if the model's integration reports no finish reason: the end of the stream then counts as the end of the
   * answer, and answers that were cut count as whole. Default false.
   */
  assumeFinished?: boolean
}

/**
 * Maps message streams of LangChain and LangGraph to our events: `response.pipe(fromLangGraph(stream))`. Takes
 * `model.stream(…)`; `graph.stream(…, { streamMode: 'messages' })`, also among other modes and with subgraphs;
 * and `client.runs.stream(…)` of `@langchain/langgraph-sdk` in the modes `messages-tuple` and `messages`.
 *
 * With the mode `updates` or `values`, an interrupt becomes a request for approval; with `custom`, what a node
 * writes becomes data.
 */
export async function* fromLangGraph(
  stream: AsyncIterable<BaseMessage | readonly unknown[] | LangGraphEvent | Record<string, unknown>>,
  options: LangGraphOptions = {},
): AsyncGenerator<ModelEvent, void, undefined> {
  const mapper = new LangGraphMapper(options.assumeFinished ?? false)
  for await (const item of stream) yield* mapper.map(item)
  yield* mapper.end()
}
