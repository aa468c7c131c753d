import type { Channel } from '../channel/channel.ts'
import { AblyError, badRequest } from '../wire/errors.ts'
import { toWire, type Message } from '../channel/message.ts'
import { pageOf, readPageQuery, type Page } from './paging.ts'
import type { WireMessage } from '../wire/protocol.ts'
import { serialTime } from '../wire/serial.ts'
import type { Settings } from '../settings.ts'

/** A page of a channel's messages: each once, in order of creation, in its latest state. */
export function history(channel: Channel, query: URLSearchParams, settings: Settings): Page<WireMessage> {
  const asked = readPageQuery(query, true)
  const until = query.get('from_serial') ?? query.get('fromSerial')
  if (until && settings.strictUntilAttach) checkAttachPoint(until, asked.backwards, settings)
  channel.expire(Date.now())
  const all = channel.messages.all()
  // Message serials start with their frame's serial, so `~` includes all messages of the frame.
  const within = until ? all.slice(0, channel.messages.indexAfter(`${until}:~`)) : all
  const page = pageOf<Message>(within, asked, { key: (one) => one.serial, time: (one) => one.timestamp })
  return { items: page.items.map(toWire), next: page.next }
}

/** A page of one message's versions, oldest first by default. An append grows a version; it does not make one. */
export function versions(message: Message, query: URLSearchParams): Page<WireMessage> {
  const all = [...message.past, toWire(message)]
  return pageOf(all, readPageQuery(query, false), {
    key: (one) => one.version!.serial!,
    time: (one) => one.version!.timestamp!,
  })
}

function checkAttachPoint(serial: string, backwards: boolean, settings: Settings): void {
  if (!backwards) throw badRequest('unable to read history forwards until the attach; read it backwards')
  if (serialTime(serial) >= Date.now() - settings.retention.recent) return
  throw new AblyError(90008, 400, 'Unable to get channel history: attach point not found')
}
