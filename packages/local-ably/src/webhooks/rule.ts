import { RE2JS } from 're2js'
import type { App } from '../app.ts'
import type { Log } from '../log.ts'
import type { WireMessage } from '../wire/protocol.ts'
import { randomName } from '../wire/serial.ts'
import { BatchedRequests } from './batched.ts'
import { problemOf } from './checkRule.ts'
import type { Delivery } from './envelope.ts'
import { SingleRequests } from './single.ts'

/** An integration rule: posts messages of matching channels to a URL, in the service's shapes. */
export interface WebhookRule {
  url: string
  /** A pattern over channel names, such as `^wake:`, in RE2 syntax. Default: every channel. */
  channelFilter?: string
  /** `single` (default): one request per message. `batch`: one request per `batchWindow`. */
  requestMode?: 'single' | 'batch'
  /** `false`: the body of a single request is the payload alone. */
  enveloped?: boolean
  /** Headers for every request, such as a secret. */
  headers?: Record<string, string>
  /** The name of the key that signs batched requests: `appId.keyId`. */
  signingKeyId?: string
  /** Milliseconds until a request that failed is tried again. Default 4,000 for single requests, 1,414 for batches; later ones wait longer. */
  retryAfter?: number
  /** Milliseconds between two batches. Default 1,000. */
  batchWindow?: number
}

/** An active rule. */
export interface Webhook {
  matches(channelName: string): boolean
  push(channelName: string, serial: string, messages: readonly WireMessage[]): void
  close(): void
}

/** Activates a rule for an app. Throws an error that names what is wrong with it. */
export function createWebhook(rule: WebhookRule, app: App, log: Log): Webhook {
  const fail = (problem: string): never => {
    throw new Error(`unable to use the webhook rule for ${rule.url}; ${problem}`)
  }
  const problem = problemOf(rule)
  if (problem !== undefined) fail(problem)
  const { signingKeyId } = rule
  const key = signingKeyId === undefined ? undefined : app.keys.get(signingKeyId)
  if (signingKeyId !== undefined && !key) fail(`signingKeyId ${signingKeyId} is not a key of the app`)
  const filter = compile(rule.channelFilter ?? '', fail)
  const ruleId = randomName(6)
  const report = (text: string) => log.write({ kind: 'webhook', app: app.id, text })
  const queue =
    rule.requestMode === 'batch' ? new BatchedRequests(rule, key, report) : new SingleRequests(rule, report)
  return {
    matches: (channelName) => filter.test(channelName),
    push(channel, serial, messages) {
      const kept = messages.filter(({ extras }) => extras?.ephemeral !== true)
      const delivery: Delivery = {
        appId: app.id,
        ruleId,
        channel,
        serial,
        timestamp: Date.now(),
        messages: kept,
      }
      if (kept.length > 0) queue.push(delivery)
    },
    close: () => queue.close(),
  }
}

function compile(pattern: string, fail: (problem: string) => never): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern))
  } catch (error) {
    return fail(
      `channelFilter is not a pattern that RE2 can read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
