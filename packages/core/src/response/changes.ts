import type { OpenPart } from './part.ts'
import type { ResponseChange, ResponseState } from '../types/types.ts'

/** Brings the snapshots of parts up to date; `others`: something beside text has changed. */
export function refreshParts(parts: readonly OpenPart[]): { changes: ResponseChange[]; others: boolean } {
  const changes: ResponseChange[] = []
  let others = false
  for (const part of parts) {
    if (!part.dirty) continue
    const { snapshot, gaps } = part
    const change = part.refresh()
    if (change) changes.push(change)
    else others ||= snapshot !== part.snapshot || gaps !== part.gaps
  }
  return { changes, others }
}

/** As `refreshParts`, where another party's parts were shown before. */
export function replaced(parts: readonly OpenPart[]): { changes: ResponseChange[]; others: boolean } {
  refreshParts(parts)
  const texts = parts.filter(({ snapshot }) => snapshot && 'text' in snapshot)
  return { changes: texts.map(({ id }) => ({ part: id, replaced: true })), others: true }
}

/** Fields of a response that a view may show beside its parts. */
const ownFields = [
  'status',
  'verified',
  'gaps',
  'promptId',
  'clientId',
  'editedBy',
  'serial',
  'createdAt',
  'error',
  'finishReason',
  'usage',
  'metadata',
] as const

/** Whether a view would see a difference beside the parts. */
export function differs(before: ResponseState, next: ResponseState): boolean {
  return ownFields.some((field) => before[field] !== next[field])
}
