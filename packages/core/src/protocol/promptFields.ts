import type { PromptPart } from '../types/types.ts'
import { MessageName } from './names.ts'

/** What a prompt has beside its text and its place. */
export interface PromptFields {
  readonly parts: readonly PromptPart[]
  readonly metadata?: unknown
  /** Further fields of the application. */
  readonly data?: Readonly<Record<string, unknown>> | undefined
}

/** Reads a prompt's fields as its sender gave them (PROTOCOL.md §2.8). */
export function promptFields({ parts, metadata, ...data }: Record<string, unknown>): PromptFields {
  return {
    parts: Array.isArray(parts) ? parts.flatMap((part, i) => promptPart(part, i) ?? []) : [],
    metadata,
    data: Object.keys(data).length > 0 ? data : undefined,
  }
}

/** A file or data part of a prompt; other values are skipped. */
function promptPart(value: unknown, index: number): PromptPart | undefined {
  if (typeof value !== 'object' || !value) return undefined
  const part = value as Record<string, unknown>
  const id = typeof part['id'] === 'string' ? part['id'] : String(index)
  const { type, url, mediaType, text } = part
  if (typeof type !== 'string') return undefined
  if (type === 'file' && typeof url === 'string' && typeof mediaType === 'string')
    return { ...part, id, type, url, mediaType }
  if (type.startsWith(MessageName.DataPrefix))
    return { ...part, id, type: type as `data-${string}`, data: part['data'] }
  if (type === 'text' && typeof text === 'string') return { id, type, text, state: 'done' }
  return undefined
}
