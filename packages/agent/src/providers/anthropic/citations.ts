import type { ModelEvent } from '../../response/modelEvent.ts'
import { numberIn, textIn, type Fields } from '../common/intake.ts'

/** Where in the answer a citation stands: it covers the block that it came with. */
interface Place {
  readonly sourceId: string
  readonly textId?: string
  readonly startOffset: number
  readonly endOffset: number
}

/** A citation: of a page, or of a document that the application sent along. */
export function citation(found: Fields, place: Place): ModelEvent {
  const url = textIn(found['url']) ?? textIn(found['source'])
  const snippet = textIn(found['cited_text'])
  const title = textIn(found['title']) ?? textIn(found['document_title'])
  // What the next call needs to cite the same place again.
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
