import type { ModelEvent } from '../../response/modelEvent.ts'
import { isFields, numberIn, textIn, type Fields, type Intake } from '../common/intake.ts'

interface TextSoFar {
  readonly id: string
  pieces: string[]
}

/** The sources of an answer. Google sends them while the answer streams, with offsets in bytes of UTF-8. */
export class Grounding {
  readonly #intake: Intake
  readonly #prefix: () => string
  readonly #texts: TextSoFar[] = []
  #chunks: Fields[] = []
  #supports: Fields[] = []
  readonly #citations: Fields[] = []

  constructor(intake: Intake, prefix: () => string) {
    this.#intake = intake
    this.#prefix = prefix
  }

  said(textId: string, piece: string): void {
    const last = this.#texts.at(-1)
    if (last?.id === textId) last.pieces.push(piece)
    else this.#texts.push({ id: textId, pieces: [piece] })
  }

  note(candidate: Fields): void {
    const grounding = isFields(candidate['groundingMetadata']) ? candidate['groundingMetadata'] : {}
    const chunks = this.#intake.list(grounding['groundingChunks'], 'groundingChunks')
    const supports = this.#intake.list(grounding['groundingSupports'], 'groundingSupports')
    // Chunks repeat the complete grounding.
    if (chunks.length >= this.#chunks.length) this.#chunks = chunks
    if (supports.length >= this.#supports.length) this.#supports = supports
    const cited = isFields(candidate['citationMetadata']) ? candidate['citationMetadata'] : {}
    this.#citations.push(...this.#intake.list(cited['citations'] ?? cited['citationSources'], 'citations'))
  }

  *end(): Generator<ModelEvent> {
    let count = 0
    const name = () => `${this.#prefix()}-source-${count++}`
    const supported = new Set<number>()
    for (const support of this.#supports) {
      const indices = Array.isArray(support['groundingChunkIndices']) ? support['groundingChunkIndices'] : []
      const range = isFields(support['segment']) ? this.#range(support['segment']) : {}
      for (const index of indices as unknown[]) {
        const chunk = typeof index === 'number' ? this.#chunks[index] : undefined
        if (!chunk) continue
        supported.add(index as number)
        yield* this.#source(chunk, name(), range)
      }
    }
    for (const [index, chunk] of this.#chunks.entries()) {
      if (!supported.has(index)) yield* this.#source(chunk, name(), {})
    }
    for (const cited of this.#citations) {
      const url = textIn(cited['uri'])
      const title = textIn(cited['title'])
      const { snippet: _, ...range } = this.#range(cited)
      if (url) yield { type: 'source-url', sourceId: name(), url, ...(title && { title }), ...range }
    }
  }

  *#source(chunk: Fields, sourceId: string, range: Range): Generator<ModelEvent> {
    const found =
      [chunk['web'], chunk['maps'], chunk['retrievedContext'], chunk['image']].find(isFields) ?? {}
    const url = textIn(found['uri']) ?? textIn(found['sourceUri'])
    const title = textIn(found['title'])
    if (url) return yield { type: 'source-url', sourceId, url, ...(title && { title }), ...range }
    if (title) return yield { type: 'source-document', sourceId, mediaType: 'text/plain', title, ...range }
    this.#intake.drop('groundingChunks', 'a source has neither an address nor a title')
  }

  /** Offsets count in the whole answer's text, across text parts. */
  #range({ startIndex, endIndex, text }: Fields): Range {
    const end = numberIn(endIndex)
    if (end === undefined) return {}
    const snippet = textIn(text)
    let before = 0
    for (const { id, pieces } of this.#texts) {
      const bytes = new TextEncoder().encode(pieces.join(''))
      const [from, to] = [(numberIn(startIndex) ?? 0) - before, end - before]
      before += bytes.length
      if (from >= bytes.length && bytes.length > 0) continue
      const units = (length: number) => new TextDecoder().decode(bytes.slice(0, Math.max(0, length))).length
      return { textId: id, startOffset: units(from), endOffset: units(to), ...(snippet && { snippet }) }
    }
    return snippet ? { snippet } : {}
  }
}

interface Range {
  textId?: string
  startOffset?: number
  endOffset?: number
  snippet?: string
}
