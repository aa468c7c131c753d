import { checkChannelName } from '../app.ts'
import { baseChannelName } from '../auth/capability.ts'
import { isRecord } from '../wire/codec.ts'
import { asAblyError, badRequest } from '../wire/errors.ts'
import { requireCapability } from '../auth/grant.ts'
import type { Reply, Request } from './http.ts'
import type { WireError } from '../wire/protocol.ts'
import { admit, checkRates, type Publisher } from '../connection/publish.ts'
import { apply } from '../connection/publishFrame.ts'
import type { Rest } from './target.ts'
import type { Route } from './router.ts'
import { randomName } from '../wire/serial.ts'

type Failure = { error: WireError }

/** The result of a batch: each part's result, and the counts of successes and failures. */
export interface BatchResult {
  successCount: number
  failureCount: number
  results: object[]
}

export function batchRoutes(rest: Rest): Route[] {
  return [
    ['POST', '/messages', (request) => publishBatch(rest, request)],
    ['GET', '/presence', (request) => readPresenceBatch(rest, request)],
  ]
}

/** Does each part of a batch on its own, so that one failure does not affect the others. */
export function batch<T>(
  parts: readonly T[],
  name: (part: T) => object,
  work: (part: T) => object,
): BatchResult {
  const results = parts.map((part) => {
    try {
      return { ...name(part), ...work(part) }
    } catch (error) {
      const failure: Failure = { error: asAblyError(error).toWire() }
      return { ...name(part), ...failure }
    }
  })
  const failureCount = results.filter((result) => 'error' in result).length
  return { successCount: results.length - failureCount, failureCount, results }
}

// Before protocol 3, the results were a plain list without counts.
const isOld = (request: Request): boolean => Number(request.headers['x-ably-version'] ?? 0) < 3

function publishBatch(rest: Rest, request: Request): Reply {
  const grant = rest.grantOf(request)
  const publisher: Publisher = { grant, connectionId: undefined, channelRates: new Map() }
  const specs = Array.isArray(request.body) ? request.body : [request.body]
  const results = specs.map((spec) => {
    if (!isRecord(spec))
      throw badRequest('unable to publish the batch; each part needs channels and messages')
    const channels = (Array.isArray(spec.channels) ? spec.channels : [spec.channels]).map(String)
    const messages = Array.isArray(spec.messages) ? spec.messages : [spec.messages]
    return batch(
      channels,
      (channel) => ({ channel }),
      (channel) => publishTo(rest, publisher, channel, messages),
    )
  })
  if (isOld(request)) return { status: 201, body: results.flatMap((result) => result.results) }
  return { status: 201, body: Array.isArray(request.body) ? results : results[0] }
}

function publishTo(rest: Rest, publisher: Publisher, written: string, messages: unknown[]): object {
  const name = baseChannelName(written)
  checkChannelName(name)
  const inputs = admit(rest.context, publisher, name, messages)
  const channel = publisher.grant.app.channel(name)
  checkRates(rest.context, publisher, channel, inputs.length)
  const base = inputs[0]!.id?.replace(/:\d+$/, '') ?? randomName(12)
  return { messageId: `${base}:0`, serials: apply(publisher, channel, inputs, base) }
}

function readPresenceBatch(rest: Rest, request: Request): Reply {
  const grant = rest.grantOf(request)
  const names = (request.query.get('channels') ?? request.query.get('channel') ?? '')
    .split(',')
    .filter(Boolean)
  if (names.length === 0) throw badRequest('unable to read presence; name the channels')
  const result = batch(
    names,
    (channel) => ({ channel }),
    (written) => {
      const name = baseChannelName(written)
      checkChannelName(name)
      requireCapability(grant, name, 'presence', 'subscribe')
      const members = grant.app.reading(name).presence.members()
      return { presence: members.map(([, member]) => member) }
    },
  )
  return { status: 200, body: isOld(request) ? result.results : result }
}
