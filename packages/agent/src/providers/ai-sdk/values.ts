import type { FileEvent, ModelEvent, ProviderMetadata, Usage } from '../../response/modelEvent.ts'
import { isFields, numberIn, textIn, type Fields, type Intake } from '../common/intake.ts'
import { count, usageOf } from '../common/usage.ts'

/** A source part, or a citation of one in the text part `textId`. */
export function* sourceEvents(found: Fields, intake: Intake, textId?: string): Generator<ModelEvent> {
  const source = isFields(found['source']) ? found['source'] : found
  const url = textIn(source['url'])
  const title = textIn(source['title'])
  const sourceId = textIn(source['sourceId']) ?? textIn(source['id']) ?? url ?? ''
  const startOffset = numberIn(found['startIndex'])
  const endOffset = numberIn(found['endIndex'])
  const snippet = textIn(found['citedText'])
  const filename = textIn(source['filename'])
  const about = {
    sourceId,
    ...(textId !== undefined && { textId }),
    ...(startOffset !== undefined && { startOffset }),
    ...(endOffset !== undefined && { endOffset }),
    ...(snippet && { snippet }),
    ...metadataIn(source),
  }
  if (url) return yield { type: 'source-url', url, ...(title && { title }), ...about }
  const mediaType = textIn(source['mediaType'])
  if (!mediaType) return intake.drop('source', 'it has neither an address nor a media type')
  yield {
    type: 'source-document',
    mediaType,
    title: title ?? filename ?? sourceId,
    ...(filename && { filename }),
    ...about,
  }
}

/** A file of `fullStream`, which holds its content, or of a UI message stream, which has an address. */
export function fileEvent(type: 'file' | 'reasoning-file', part: Fields): FileEvent | undefined {
  const file = isFields(part['file']) ? part['file'] : part
  const mediaType = textIn(file['mediaType']) ?? 'application/octet-stream'
  const base64 = textIn(file['base64'])
  const url = textIn(file['url']) ?? (base64 && `data:${mediaType};base64,${base64}`)
  if (!url) return undefined
  const filename = textIn(file['filename'])
  return { type, url, mediaType, ...(filename && { filename }), ...metadataIn(part) }
}

/** `totalUsage`: version 5 has the details beside the sums, version 7 below them. */
export function usageEvent(usage: unknown): Usage | undefined {
  if (!isFields(usage)) return undefined
  const input = isFields(usage['inputTokenDetails']) ? usage['inputTokenDetails'] : {}
  const output = isFields(usage['outputTokenDetails']) ? usage['outputTokenDetails'] : {}
  return usageOf({
    input: count(usage, 'inputTokens'),
    cacheRead: count(input, 'cacheReadTokens') ?? count(usage, 'cachedInputTokens'),
    cacheWrite: count(input, 'cacheWriteTokens'),
    output: count(usage, 'outputTokens'),
    reasoning: count(output, 'reasoningTokens') ?? count(usage, 'reasoningTokens'),
    total: count(usage, 'totalTokens'),
  })
}

export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message
  if (typeof error === 'string') return error
  const message = isFields(error) ? textIn(error['message']) : undefined
  return message ?? jsonOf(error)
}

export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'unknown error'
  } catch {
    return 'unknown error'
  }
}

export function metadataIn({ providerMetadata }: Fields): { providerMetadata?: ProviderMetadata } {
  return isFields(providerMetadata) ? { providerMetadata: providerMetadata as ProviderMetadata } : {}
}
