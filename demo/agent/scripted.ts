import type { Script } from './scripts.ts'

/** The text in pieces as a model's tokens would cut it: words with the space before them, long ones in two. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*[^\s]{1,9}|\s+$/gu) ?? []
}

/** The events in which the OpenAI Responses API would stream an answer; the last one holds the whole output. */
export function scriptedEvents(script: Omit<Script, 'prompt'>): unknown[] {
  const stream = new Stream()
  if (script.reasoning !== undefined) stream.reasoning(script.reasoning)
  if (script.search !== undefined) stream.search(script.search)
  if (script.code) stream.code(script.code)
  stream.text(script)
  return stream.end()
}

const response = { id: 'resp_scripted', object: 'response', model: 'scripted' }

class Stream {
  readonly #events: unknown[] = []
  readonly #output: unknown[] = []

  constructor() {
    for (const type of ['response.created', 'response.in_progress'])
      this.#add(type, { response: { ...response, status: 'in_progress', output: [] } })
  }

  reasoning(text: string): void {
    const part = { type: 'summary_text', text }
    const item = { id: 'rs_scripted', type: 'reasoning', summary: [part] }
    this.#item(item, { ...item, summary: [] }, (at) => {
      const place = { ...at, summary_index: 0 }
      this.#add('response.reasoning_summary_part.added', { ...place, part: { ...part, text: '' } })
      for (const delta of tokensOf(text))
        this.#add('response.reasoning_summary_text.delta', { ...place, delta })
      this.#add('response.reasoning_summary_text.done', { ...place, text })
      this.#add('response.reasoning_summary_part.done', { ...place, part })
    })
  }

  search(query: string): void {
    const begun = { id: 'ws_scripted', type: 'web_search_call', status: 'in_progress' }
    const item = { ...begun, status: 'completed', action: { type: 'search', query } }
    this.#item(item, begun, (at) => {
      for (const state of ['in_progress', 'searching', 'completed'])
        this.#add(`response.web_search_call.${state}`, at)
    })
  }

  code({ source, output }: NonNullable<Script['code']>): void {
    const call = { id: 'ci_scripted', type: 'code_interpreter_call', container_id: 'cntr_scripted' }
    const outputs = [{ type: 'logs', logs: output }]
    this.#item(
      { ...call, status: 'completed', code: source, outputs },
      { ...call, status: 'in_progress', code: '', outputs: [] },
      (at) => {
        this.#add('response.code_interpreter_call.in_progress', at)
        for (const delta of tokensOf(source))
          this.#add('response.code_interpreter_call_code.delta', { ...at, delta })
        this.#add('response.code_interpreter_call_code.done', { ...at, code: source })
        this.#add('response.code_interpreter_call.interpreting', at)
        this.#add('response.code_interpreter_call.completed', at)
      },
    )
  }

  text({ text, sources = [] }: Omit<Script, 'prompt'>): void {
    const citations = sources.map(({ quote, title, url }) => {
      const end = text.indexOf(quote) + quote.length
      return { type: 'url_citation', title, url, start_index: end - quote.length, end_index: end }
    })
    const part = { type: 'output_text', text, annotations: citations, logprobs: [] }
    const item = {
      id: 'msg_scripted',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [part],
    }
    this.#item(item, { ...item, status: 'in_progress', content: [] }, (at) => {
      const place = { ...at, content_index: 0 }
      this.#add('response.content_part.added', { ...place, part: { ...part, text: '', annotations: [] } })
      let length = 0
      let cited = 0
      for (const delta of tokensOf(text)) {
        this.#add('response.output_text.delta', { ...place, delta, logprobs: [] })
        length += delta.length
        for (; cited < citations.length && citations[cited]!.end_index <= length; cited++)
          this.#add('response.output_text.annotation.added', {
            ...place,
            annotation_index: cited,
            annotation: citations[cited],
          })
      }
      this.#add('response.output_text.done', { ...place, text, logprobs: [] })
      this.#add('response.content_part.done', { ...place, part })
    })
  }

  end(): unknown[] {
    this.#add('response.completed', { response: { ...response, status: 'completed', output: this.#output } })
    return this.#events
  }

  /** An item of the output: what it begins as, what comes in between, and what it ends as. */
  #item<Item extends { id: string }>(
    item: Item,
    begun: Partial<Item>,
    between: (at: { output_index: number; item_id: string }) => void,
  ): void {
    const at = { output_index: this.#output.length }
    this.#add('response.output_item.added', { ...at, item: begun })
    between({ ...at, item_id: item.id })
    this.#add('response.output_item.done', { ...at, item })
    this.#output.push(item)
  }

  #add(type: string, fields: object): void {
    this.#events.push({ type, sequence_number: this.#events.length, ...fields })
  }
}
