import type { ModelEvent } from '../../response/modelEvent.ts'
import { brokenOff, failure } from '../common/broken.ts'
import { ending } from '../common/ending.ts'
import { Intake, isFields, numberIn, textIn, type Fields } from '../common/intake.ts'
import { ResponsesOutput } from './output.ts'
import { openAIUsage } from '../common/usage.ts'

/** The Responses API. */
export class ResponsesMapper {
  readonly #intake = new Intake()
  #output = new ResponsesOutput(this.#intake)
  #model: string | undefined
  #empty = true
  #over = false;

  *map(event: unknown): Generator<ModelEvent> {
    // One stream may hold several responses.
    if (this.#over && !(isFields(event) && event['type'] === 'response.created')) return
    const fields = this.#intake.fields(event, 'event')
    yield* this.#intake.reporting(fields ? this.#event(fields) : [])
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield brokenOff(this.#empty)
  }

  *#event(event: Fields): Generator<ModelEvent> {
    // Proxies send errors without a type.
    const type = textIn(event['type']) ?? ('error' in event ? 'error' : '')
    const response = isFields(event['response']) ? event['response'] : {}
    if (type === 'response.created') {
      this.#over = false
      this.#output = new ResponsesOutput(this.#intake)
    }
    this.#empty = false
    switch (type) {
      case 'response.completed':
      case 'response.done':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        return yield* this.#end(type, response)
      case 'error': {
        // The SDK's type has the fields at the top level; on the wire they also occur in `error`.
        const { message, code } = isFields(event['error']) ? event['error'] : event
        this.#over = true
        return yield failure({ message, code })
      }
    }
    const model = textIn(response['model'])
    if (model && model !== this.#model) yield { type: 'metadata', metadata: { model: (this.#model = model) } }
    yield* this.#delta(type, event)
  }

  *#delta(type: string, event: Fields): Generator<ModelEvent> {
    const output = this.#output
    const part = numberIn(event['content_index']) ?? 0
    const summary = numberIn(event['summary_index']) ?? 0
    switch (type) {
      case 'response.output_text.delta':
        return yield* output.grow(event, 'text', part)
      case 'response.output_text.done':
        return yield* output.settle(event, 'text', part, event['text'])
      case 'response.refusal.delta':
        output.refused = true
        return yield* output.grow(event, 'text', part)
      case 'response.refusal.done':
        output.refused = true
        return yield* output.settle(event, 'text', part, event['refusal'])
      case 'response.content_part.done':
        return yield* output.settlePart(event, part)
      case 'response.reasoning_summary_text.delta':
        return yield* output.grow(event, 'summary', summary)
      case 'response.reasoning_summary_text.done':
        return yield* output.settle(event, 'summary', summary, event['text'])
      case 'response.reasoning_summary_part.done': {
        const text = isFields(event['part']) ? event['part']['text'] : undefined
        return yield* output.settle(event, 'summary', summary, text)
      }
      case 'response.reasoning_text.delta':
        return yield* output.grow(event, 'reasoning', part)
      case 'response.reasoning_text.done':
        return yield* output.settle(event, 'reasoning', part, event['text'])
      case 'response.output_text.annotation.added':
        return yield* output.annotation(event, part)
    }
    yield* this.#item(type, event)
  }

  *#item(type: string, event: Fields): Generator<ModelEvent> {
    const output = this.#output
    switch (type) {
      case 'response.output_item.added':
        return yield* output.begin(event)
      case 'response.output_item.done':
        return yield* output.done(event)
      case 'response.function_call_arguments.delta':
      case 'response.mcp_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
      case 'response.code_interpreter_call_code.delta':
        return yield* output.argument(event)
      case 'response.function_call_arguments.done':
      case 'response.mcp_call_arguments.done':
        return yield* output.settleArgument(event, event['arguments'])
    }
    // Previews, and events that repeat the finished item's data, are not needed.
    const told = /^response\.(shell_call|apply_patch_call|code_interpreter_call|image_generation_call)/
    if (type.endsWith('.delta') && !told.test(type)) this.#intake.drop(type, 'no part can hold it')
  }

  *#end(type: string, response: Fields): Generator<ModelEvent> {
    const status = textIn(response['status']) ?? type.slice('response.'.length)
    this.#over = true
    if (status === 'failed') return yield failure(response['error'] ?? {})
    if (status === 'cancelled') return yield { type: 'abort', reason: status }
    yield* this.#output.complete(response)
    const usage = openAIUsage(response['usage'])
    const details = isFields(response['incomplete_details']) ? response['incomplete_details'] : {}
    const options = {
      ...(usage && { usage }),
      wantsTools: this.#output.wantsTools,
      refused: this.#output.refused,
    }
    if (status === 'incomplete') {
      const reason = textIn(details['reason'])
      if (reason === 'max_output_tokens' || reason === 'content_filter') return yield ending(reason, options)
      const errorText = `the provider left the answer incomplete: ${reason ?? 'it gave no reason'}`
      return yield { type: 'error', errorText, code: reason ?? 'incomplete' }
    }
    if (this.#output.differs) {
      const errorText = 'what the model streamed differs from its final answer'
      return yield { type: 'error', errorText, code: 'stream_inconsistent' }
    }
    yield ending('stop', options)
  }
}
