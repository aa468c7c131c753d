import type { SessionEvents } from '@rejoin/core'
import type { Timeline } from '../record/timeline.ts'
import { short, sizeOf } from '../record/sizeOf.ts'
import type { Inspectable } from './inspectable.ts'

type Message = SessionEvents['message'][0]['message']

/** Records every message that the channel delivers, live or of the past. */
export function watchArrivals(session: Inspectable, timeline: Timeline): () => void {
  let ignored = session.ignored
  let page = 0
  let inPage = false
  return session.on('message', ({ message, from }) => {
    const size = sizeOf(message.data)
    const stranger = session.ignored > ignored
    ignored = session.ignored
    const name = short(message.name)
    const who = message.clientId === undefined ? '' : ` from ${short(message.clientId, 40)}`
    if (stranger) {
      const text = `${name}${who}: its publisher may not send it`
      return timeline.message('ignored', {
        kind: 'ignored',
        what: 'ignored',
        text,
        size,
        raw: message,
        key: `ignored ${text}`,
      })
    }
    if (from !== 'live') {
      // A page of history is taken in at once.
      if (!inPage) {
        inPage = true
        page++
        queueMicrotask(() => (inPage = false))
      }
      const key = from === 'history' ? `page ${page}` : 'rewind'
      const text = from === 'history' ? 'A page of history' : 'Rewound with the attach'
      return timeline.message('past', { kind: 'past', what: from, text, size, raw: message, key })
    }
    const operation = operationOf(message)
    const what = operation === 'create' ? name || operation : operation
    const about = responseOf(message)
    const text = `${about}${who}`.trim()
    timeline.message('arrived', { kind: 'message', what, text, size, raw: message, key: `${what} ${text}` })
  })
}

/** `create`, `append`, `update`, … */
const operationOf = ({ action }: Message): string => (action ?? 'message.create').replace('message.', '')

/** The response or prompt that a message is about, as far as it says so. */
function responseOf({ extras, serial }: Message): string {
  const headers = (extras as { headers?: { [name: string]: unknown } } | undefined)?.headers
  return short(headers?.['responseId'] ?? headers?.['promptId'] ?? serial, 40)
}
