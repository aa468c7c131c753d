import type { EndStatus, RejoinError, ResponseRow } from '@rejoin/core/protocol'
import { storable } from '../inbound/storable.ts'
import type { FinishReason, Usage } from './modelEvent.ts'
import type { Outcome } from './outcome.ts'
import type { ResponseBody } from './responseBody.ts'

/** The result of a response. */
export interface EndResult {
  readonly responseId: string
  /** `suspended`: the response has not ended; its handler is called again after an answer. */
  readonly status: EndStatus | 'suspended'
  /** UTF-16 code units of text, all text parts together. */
  readonly length: number
  /** Operations that the channel refused or did not acknowledge. */
  readonly failures: number
  /** Times a part was published again in full. */
  readonly repairs: number
  /** There were failures, and all of them were repaired. */
  readonly recovered: boolean
  /** Why the model stopped, if it reported a reason. */
  readonly finishReason: FinishReason | undefined
  /** Tokens used, if the model reported them. */
  readonly usage: Usage | undefined
  /** `onComplete` stored the response; `true` also without `onComplete`. */
  readonly stored: boolean
  /** Messages other than text (a tool's result, a source, data) that could not be delivered. */
  readonly lost: readonly RejoinError[]
}

export function resultOf(
  responseId: string,
  { failures, repairs, lost, parts }: ResponseBody,
  { status, finishReason, usage }: Outcome,
  stored: boolean,
): EndResult {
  return {
    responseId,
    status,
    length: parts.text.length,
    failures,
    repairs,
    recovered: failures > 0 && lost.length === 0,
    finishReason,
    usage,
    stored,
    lost,
  }
}

/** What a row says of a response beside its parts and its outcome. */
export interface RowIds {
  readonly responseId: string
  readonly promptId: string | undefined
  readonly clientId: string | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly fence: number | undefined
}

/** The response in the form of a database row (PROTOCOL.md §6.7). */
export function rowOf(ids: RowIds, body: ResponseBody, outcome: Outcome, status: EndStatus): ResponseRow {
  const { responseId: id, promptId, clientId, createdAt, fence } = ids
  const { text, serial, retracted } = body.parts
  const { metadata } = body.values
  const { error } = outcome
  const row = {
    id,
    role: 'assistant' as const,
    parts: body.parts.rows(),
    text,
    status,
    createdAt,
    ...(promptId !== undefined && { promptId }),
    ...(clientId && { clientId }),
    ...(serial && { serial }),
    ...outcome.fields,
    ...(status !== 'complete' && error && { error: { ...error, message: body.said(error.message) } }),
    ...(metadata && { metadata }),
    ...(retracted.length > 0 && { retracted }),
    ...(fence !== undefined && { fence }),
  }
  return storable(row)
}
