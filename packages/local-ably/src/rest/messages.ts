import { applyAnnotations } from '../connection/annotate.ts'
import { requireCapability } from '../auth/grant.ts'
import { history, versions } from './history.ts'
import { listBody, objectBody } from './body.ts'
import type { Reply, Request } from './http.ts'
import { pageOf, pageReply, readPageQuery } from './paging.ts'
import { AblyError, badRequest } from '../wire/errors.ts'
import { isRecord } from '../wire/codec.ts'
import { toWire } from '../channel/message.ts'
import { admit, checkRates, type Publisher } from '../connection/publish.ts'
import { apply, refuseOnRequest } from '../connection/publishFrame.ts'
import { channelOf, type Rest } from './target.ts'
import type { Params, Route } from './router.ts'
import { randomName } from '../wire/serial.ts'

export function messageRoutes(rest: Rest): Route[] {
  return [
    ['POST', '/channels/:name/messages', (request, params) => publish(rest, request, params)],
    ['GET', '/channels/:name/messages', (request, params) => readHistory(rest, request, params)],
    ['GET', '/channels/:name/history', (request, params) => readHistory(rest, request, params)],
    ['GET', '/channels/:name/messages/:serial', (request, params) => readMessage(rest, request, params)],
    ['PATCH', '/channels/:name/messages/:serial', (request, params) => change(rest, request, params)],
    ['PUT', '/channels/:name/messages/:serial', (request, params) => change(rest, request, params)],
    [
      'GET',
      '/channels/:name/messages/:serial/versions',
      (request, params) => readVersions(rest, request, params),
    ],
    [
      'GET',
      '/channels/:name/messages/:serial/annotations',
      (request, params) => readAnnotations(rest, request, params),
    ],
    [
      'POST',
      '/channels/:name/messages/:serial/annotations',
      (request, params) => annotate(rest, request, params),
    ],
  ]
}

function publish(rest: Rest, request: Request, params: Params): Reply {
  const { channel, name, publisher } = channelOf(rest, request, params)
  refuseOnRequest(Object.fromEntries(request.query))
  const messages = listBody(request)
  publishAs(rest, publisher, messages)
  const inputs = admit(rest.context, publisher, name, messages)
  checkRates(rest.context, publisher, channel(), inputs.length)
  const messageId = inputs[0]!.id?.replace(/:\d+$/, '') ?? randomName(12)
  const serials = apply(publisher, channel(), inputs, messageId)
  return { status: 201, body: { channel: name, messageId, serials } }
}

/** A message may name a connection by its key; it is then published as that connection's own. */
function publishAs(rest: Rest, publisher: Publisher, messages: readonly unknown[]): void {
  const keys = new Set(messages.map((one) => (isRecord(one) ? one.connectionKey : undefined)))
  const [key] = keys
  if (key === undefined) return
  const connection = typeof key === 'string' && keys.size === 1 ? rest.connections.byKey(key) : undefined
  if (!connection || connection.app !== publisher.grant.app) {
    throw new AblyError(40006, 400, 'unable to publish for the connection; its connectionKey is unknown')
  }
  publisher.connectionId = connection.id
  if (connection.clientId !== undefined && connection.clientId !== '*') {
    publisher.grant = { ...publisher.grant, clientId: connection.clientId }
  }
}

function readHistory(rest: Rest, request: Request, params: Params): Reply {
  const { reading, name, publisher } = channelOf(rest, request, params)
  requireCapability(publisher.grant, name, 'history')
  const { app, clientId } = publisher.grant
  rest.context.rules.check('history', () => ({ app: app.id, clientId, channel: name }))
  const page = history(reading(), request.query, rest.context.settings)
  return pageReply('messages', request, page, page.items)
}

function readMessage(rest: Rest, request: Request, params: Params): Reply {
  const { reading, name, publisher } = channelOf(rest, request, params)
  requireCapability(publisher.grant, name, 'history')
  return { status: 200, body: toWire(reading().find(params.serial)) }
}

function readVersions(rest: Rest, request: Request, params: Params): Reply {
  const { reading, name, publisher } = channelOf(rest, request, params)
  requireCapability(publisher.grant, name, 'history')
  const page = versions(reading().find(params.serial), request.query)
  return pageReply('versions', request, page, page.items)
}

function change(rest: Rest, request: Request, params: Params): Reply {
  const { channel, name, publisher } = channelOf(rest, request, params)
  refuseOnRequest(Object.fromEntries(request.query))
  const body = { ...objectBody(request), serial: params.serial }
  const inputs = admit(rest.context, publisher, name, [body])
  if (inputs[0]!.action === 0)
    throw badRequest('unable to change the message; action must be update, delete or append')
  checkRates(rest.context, publisher, channel(), 1)
  const [versionSerial] = apply(publisher, channel(), inputs, randomName(12))
  return { status: 200, body: { versionSerial } }
}

function readAnnotations(rest: Rest, request: Request, params: Params): Reply {
  const { reading, name, publisher } = channelOf(rest, request, params)
  requireCapability(publisher.grant, name, 'annotation-subscribe', 'history')
  const all = reading().find(params.serial).annotations ?? []
  const page = pageOf(all, readPageQuery(request.query, false), {
    key: (one) => one.serial!,
    time: (one) => one.timestamp!,
  })
  return pageReply('annotations', request, page, page.items)
}

function annotate(rest: Rest, request: Request, params: Params): Reply {
  const { channel, name, publisher } = channelOf(rest, request, params)
  if (!Array.isArray(request.body))
    throw badRequest('unable to annotate; the body must be a list of annotations')
  const serials = applyAnnotations(publisher, channel(), request.body, randomName(12), params.serial)
  return { status: 201, body: { channel: name, serials } }
}
