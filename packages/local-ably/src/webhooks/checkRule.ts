import { isRecord } from '../wire/codec.ts'
import type { WebhookRule } from './rule.ts'

const isText = (value: unknown): boolean => typeof value === 'string'
const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < 2 ** 31

/** What each field of a rule must be. */
const fields: Record<keyof WebhookRule, [check: (value: unknown) => boolean, wanted: string]> = {
  url: [isHttp, 'an http or https address'],
  channelFilter: [isText, 'a pattern over channel names'],
  requestMode: [(value) => value === 'single' || value === 'batch', '"single" or "batch"'],
  enveloped: [(value) => typeof value === 'boolean', 'true or false'],
  headers: [areHeaders, 'an object of HTTP headers'],
  signingKeyId: [isText, 'the name of a key: appId.keyId'],
  retryAfter: [isTime, 'a number of milliseconds'],
  batchWindow: [isTime, 'a number of milliseconds'],
}

/** Returns what is wrong with a rule, or undefined. Rules also come as JSON, from the command line. */
export function problemOf(rule: WebhookRule): string | undefined {
  // A field that would be ignored, such as `source`, asks for what is not there.
  const unknown = Object.keys(rule).find((field) => !(field in fields))
  if (unknown !== undefined) return `there is no field ${JSON.stringify(unknown)}`
  for (const [field, [check, wanted]] of Object.entries(fields)) {
    const value = rule[field as keyof WebhookRule]
    if ((value !== undefined || field === 'url') && !check(value)) return `${field} must be ${wanted}`
  }
  const { requestMode, enveloped, signingKeyId } = rule
  if (requestMode === 'batch' && enveloped === false) return 'enveloped: false is for single requests only'
  if (requestMode !== 'batch' && signingKeyId !== undefined) return 'signingKeyId is for batches only'
  return undefined
}

function isHttp(value: unknown): boolean {
  try {
    return /^https?:$/.test(new URL(String(value)).protocol)
  } catch {
    return false
  }
}

function areHeaders(value: unknown): boolean {
  try {
    return isRecord(value) && new Headers(value as Record<string, string>) instanceof Headers
  } catch {
    return false
  }
}
