import type { ModelEvent } from '../../response/modelEvent.ts'
import { numberIn, textIn, type Fields } from '../common/intake.ts'

/** The place of a citation in the answer: it covers its own text block. */
interface Place {
  readonly sourceId: string
  readonly textId?: string
  readonly startOffset: number
  readonly endOffset: number
}

/** A citation of a web page, or of a document that the application sent. */
export function citation(found: Fields, place: Place): ModelEvent {
  const url = textIn(found['url']) ?? textIn(found['source'])
  const snippet = textIn(found['cited_text'])
  const title = textIn(found['title']) ?? textIn(found['document_title'])
  // The data with which the next call can cite the same place again.
  const { url: _, title: __, cited_text: ___, document_title: ____, ...where } = found
  const cited = { ...place, ...(snippet && { snippet }), providerMetadata: { anthropic: where } }
  if (url) return { type: 'source-url', url, ...(title && { title }), ...cited }
  return {
    type: 'source-document',
    mediaType: found['type'] === 'page_location' ? 'application/pdf' : 'text/plain',
    title: title ?? `Document ${(numberIn(found['document_index']) ?? 0) + 1}`,
    ...cited,
  }
}
