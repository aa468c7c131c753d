import type { FileEvent, ModelEvent, SourceEvent } from '../../response/modelEvent.ts'
import { isFields, numberIn, textIn, type Fields, type Intake, wordFor } from './intake.ts'

/** One piece of a message's content. */
export type Said = { kind: 'text' | 'reasoning'; text: string } | FileEvent

/** The pieces of a message's `content`, which is a text or a list of parts. */
export function contentOf(content: unknown, what: string, intake: Intake): Said[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  const parts = Array.isArray(content) ? content : content === undefined || content === null ? [] : [content]
  return parts.flatMap((part: unknown, place) => {
    const where = Array.isArray(content) ? `${what}[${place}]` : what
    if (typeof part === 'string') return { kind: 'text', text: part } as const
    const fields = intake.fields(part, where)
    return fields ? partOf(fields, where, intake) : []
  })
}

function partOf(part: Fields, what: string, intake: Intake): Said[] {
  const { type } = part
  switch (type) {
    // Calls are read from their own field of the message, not from the content.
    case 'tool_use':
    case 'tool_call':
    case 'tool_call_chunk':
    case 'input_json_delta':
    case 'functionCall':
    case 'function_call':
    case 'server_tool_use':
    case 'server_tool_call':
    case 'server_tool_call_chunk':
      return []
    case 'text':
    case 'output_text':
    case 'text_delta':
      return [{ kind: 'text', text: intake.text(part['text'], `${what}.text`) }]
    case 'refusal':
      return [{ kind: 'text', text: intake.text(part['refusal'], `${what}.refusal`) }]
    case 'thinking':
    case 'reasoning': {
      const field = ['thinking', 'reasoning', 'text', 'summary'].find((name) => part[name] !== undefined)
      const inner = field === undefined ? [] : contentOf(part[field], `${what}.${field}`, intake)
      return inner.flatMap((said) => ('kind' in said ? { kind: 'reasoning', text: said.text } : []))
    }
    case undefined:
    case 'summary_text':
      if (typeof part['text'] !== 'string') break
      return [{ kind: 'text', text: intake.text(part['text'], `${what}.text`) }]
  }
  const file = fileOf(part)
  if (file) return [file]
  intake.drop(what, `no part can hold content of type "${wordFor(type)}"`)
  return []
}

/** An image or another file, in the shapes of OpenAI's API and of LangChain's messages. */
export function fileOf(part: Fields): FileEvent | undefined {
  const image = part['image_url'] ?? part['imageUrl']
  const address = textIn(isFields(image) ? image['url'] : image) ?? textIn(part['url'])
  const named = textIn(part['mimeType']) ?? textIn(part['mime_type']) ?? textIn(part['media_type'])
  if (address) return file(address, named ?? mediaTypeOf(address, image !== undefined))
  const data = textIn(part['data'])
  return data && named ? file(`data:${named};base64,${data}`, named) : undefined
}

function file(url: string, mediaType: string): FileEvent {
  return { type: 'file', url, mediaType }
}

function mediaTypeOf(url: string, isImage: boolean): string {
  return /^data:([^;,]+)/.exec(url.slice(0, 100))?.[1] ?? (isImage ? 'image/*' : 'application/octet-stream')
}

/** Reads an answer's citations, from the message or from a list of addresses beside the choices. */
export class Citations {
  readonly #urls = new Set<string>()
  readonly #prefix: () => string
  readonly #intake: Intake
  #count = 0

  constructor(prefix: () => string, intake: Intake) {
    this.#prefix = prefix
    this.#intake = intake
  }

  /** `message.annotations` of OpenAI and OpenRouter. */
  *annotations(value: unknown, what: string, textId: string | undefined): Generator<ModelEvent> {
    for (const [place, annotation] of this.#intake.list(value, what).entries()) {
      const cited = annotation['url_citation'] ?? annotation
      const url = isFields(cited) ? textIn(cited['url']) : undefined
      if (isFields(cited) && url) yield this.#source(url, cited, textId)
      else this.#intake.drop(`${what}[${place}]`, 'it has no address')
    }
  }

  /** `citations` and `search_results` of Perplexity and xAI: every chunk repeats them. */
  *beside(chunk: Fields): Generator<ModelEvent> {
    for (const result of this.#intake.list(chunk['search_results'], 'search_results')) {
      yield* this.#once(textIn(result['url']), result)
    }
    const citations = Array.isArray(chunk['citations']) ? (chunk['citations'] as unknown[]) : []
    for (const citation of citations) {
      if (isFields(citation)) yield* this.#once(textIn(citation['url']), citation)
      else yield* this.#once(textIn(citation), {})
    }
  }

  *#once(url: string | undefined, fields: Fields): Generator<ModelEvent> {
    if (url && !this.#urls.has(url)) yield this.#source(url, fields, undefined)
  }

  #source(url: string, cited: Fields, textId: string | undefined): SourceEvent {
    this.#urls.add(url)
    const title = textIn(cited['title'])
    const startOffset = numberIn(cited['start_index'] ?? cited['startIndex'])
    const endOffset = numberIn(cited['end_index'] ?? cited['endIndex'])
    const snippet = textIn(cited['content']) ?? textIn(cited['snippet']) ?? textIn(cited['citedText'])
    return {
      type: 'source-url',
      sourceId: `${this.#prefix()}-source-${this.#count++}`,
      url,
      ...(title && { title }),
      ...(textId !== undefined && startOffset !== undefined && { textId }),
      ...(startOffset !== undefined && { startOffset }),
      ...(endOffset !== undefined && { endOffset }),
      ...(snippet && { snippet }),
    }
  }
}
