import type { ModelEvent, ProviderMetadata, Usage } from '../../response/modelEvent.ts'
import { brokenOff, failure } from '../common/broken.ts'
import { CurrentText } from '../common/currentText.ts'
import { ending } from '../common/ending.ts'
import { GoogleCalls } from './calls.ts'
import { Grounding } from './grounding.ts'
import { Intake, isFields, numberIn, textIn, type Fields } from '../common/intake.ts'
import { count, usageOf } from '../common/usage.ts'

/** Streams of Google's `generateContent`. */
export class GoogleMapper {
  readonly #intake = new Intake()
  readonly #text = new CurrentText()
  readonly #calls = new GoogleCalls(this.#intake, () => this.#name)
  readonly #grounding = new Grounding(this.#intake, () => this.#name)
  readonly #fallbackName = Math.random().toString(36).slice(2, 10)
  #id: string | undefined
  #model: string | undefined
  #usage: Usage | undefined
  #word: string | undefined
  #files = 0
  #empty = true
  #over = false;

  *map(chunk: unknown): Generator<ModelEvent> {
    if (this.#over) return
    const fields = this.#intake.fields(chunk, 'chunk')
    yield* this.#intake.reporting(fields ? this.#chunk(fields) : [])
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield* this.#intake.reporting(this.#end())
  }

  *#end(): Generator<ModelEvent> {
    this.#over = true
    yield* this.#text.close()
    yield* this.#calls.end()
    yield* this.#grounding.end()
    if (this.#word === undefined) return yield brokenOff(this.#empty)
    yield ending(this.#word, {
      ...(this.#usage && { usage: this.#usage }),
      wantsTools: this.#calls.open > 0,
    })
  }

  get #name(): string {
    return this.#id ?? this.#fallbackName
  }

  *#chunk(chunk: Fields): Generator<ModelEvent> {
    if (chunk['error']) {
      this.#over = true
      return yield failure(chunk['error'])
    }
    this.#id = textIn(chunk['responseId']) ?? this.#id
    const model = textIn(chunk['modelVersion'])
    if (model && model !== this.#model) yield { type: 'metadata', metadata: { model: (this.#model = model) } }
    this.#usage = usageIn(chunk['usageMetadata']) ?? this.#usage
    // A refused prompt has no candidates.
    const feedback = isFields(chunk['promptFeedback']) ? chunk['promptFeedback'] : {}
    if (textIn(feedback['blockReason']) && feedback['blockReason'] !== 'BLOCKED_REASON_UNSPECIFIED') {
      this.#word ??= 'content_filter'
    }
    const candidates = this.#intake.list(chunk['candidates'], 'candidates')
    const candidate = candidates.find(({ index }) => (numberIn(index) ?? 0) === 0)
    const other = candidates.find((one) => one !== candidate)
    if (other) this.#intake.drop('a further candidate', 'only the first is shown')
    if (candidate) yield* this.#candidate(candidate)
  }

  *#candidate(candidate: Fields): Generator<ModelEvent> {
    this.#empty = false
    const content = this.#intake.fields(candidate['content'], 'content') ?? {}
    for (const [place, part] of this.#intake.list(content['parts'], 'parts').entries()) {
      yield* this.#part(part, `parts[${place}]`)
    }
    this.#grounding.note(candidate)
    const word = textIn(candidate['finishReason'])
    if (word && word !== 'FINISH_REASON_UNSPECIFIED') this.#word = word
  }

  *#part(part: Fields, what: string): Generator<ModelEvent> {
    const signature = textIn(part['thoughtSignature'])
    const metadata = signature ? { google: { thoughtSignature: signature } } : undefined
    if ('text' in part) return yield* this.#said(part, what, metadata)
    if (isFields(part['inlineData']) || isFields(part['fileData'])) return yield* this.#file(part, metadata)
    const found = this.#calls.takes(part)
    if (!found) {
      const kinds = Object.keys(part).filter(
        (name) => !/^(thought|thoughtSignature|partMetadata)$/.test(name),
      )
      if (kinds.length > 0) this.#intake.drop(`${what}.${kinds[0]}`, 'no part can hold it')
      return metadata && this.#sign(metadata)
    }
    yield* this.#text.close()
    yield* this.#calls.add(part, metadata)
  }

  *#said(part: Fields, what: string, metadata: ProviderMetadata | undefined): Generator<ModelEvent> {
    const kind = part['thought'] === true ? 'reasoning' : 'text'
    const text = this.#intake.text(part['text'], `${what}.text`)
    yield* this.#text.grow(kind, text)
    if (kind === 'text' && text) this.#grounding.said(this.#text.current!.id, text)
    if (!metadata) return
    // A signature may come in its own part, without text.
    if (!this.#text.current) yield* this.#text.open(kind)
    this.#sign(metadata)
  }

  #sign(metadata: ProviderMetadata): void {
    if (this.#text.current) this.#text.current.metadata = metadata
  }

  *#file(part: Fields, metadata: ProviderMetadata | undefined): Generator<ModelEvent> {
    const inline = isFields(part['inlineData']) ? part['inlineData'] : undefined
    const fields = inline ?? (part['fileData'] as Fields)
    const mediaType = textIn(fields['mimeType']) ?? 'application/octet-stream'
    const data = textIn(fields['data'])
    const url = inline ? data && `data:${mediaType};base64,${data}` : textIn(fields['fileUri'])
    if (!url) return this.#intake.drop(`file ${this.#files}`, 'it has neither an address nor content')
    this.#files++
    yield* this.#text.close()
    const filename = textIn(fields['displayName'])
    yield {
      type: part['thought'] === true ? 'reasoning-file' : 'file',
      url,
      mediaType,
      ...(filename && { filename }),
      ...(metadata && { providerMetadata: metadata }),
    }
  }
}

/** Google does not count thoughts among the candidates' tokens. */
function usageIn(usage: unknown): Usage | undefined {
  if (!isFields(usage)) return undefined
  const reasoning = count(usage, 'thoughtsTokenCount')
  const candidates = count(usage, 'candidatesTokenCount')
  const output =
    candidates === undefined && reasoning === undefined ? undefined : (candidates ?? 0) + (reasoning ?? 0)
  return usageOf({
    input: count(usage, 'promptTokenCount'),
    cacheRead: count(usage, 'cachedContentTokenCount'),
    output,
    reasoning,
    total: count(usage, 'totalTokenCount'),
  })
}
