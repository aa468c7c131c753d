import type { RealtimeChannel } from 'ably'
import { Header, HistoryReader } from '@rejoin/core/protocol'
import { headersOf } from '../inbound/fields.ts'

const PAGE = 1000

/** Id of the prompt that a response answers, from the given client's messages; `undefined` if none names one. */
export async function promptOf(
  channel: RealtimeChannel,
  responseId: string,
  clientId: string | undefined,
): Promise<string | undefined> {
  const history = new HistoryReader(channel, false)
  while (!history.exhausted) {
    for (const message of await history.next(PAGE)) {
      const headers = headersOf(message)
      const own = (message.clientId ?? '') === (clientId ?? '')
      if (own && headers[Header.ResponseId] === responseId && headers[Header.PromptId] !== undefined)
        return headers[Header.PromptId]
    }
  }
  return undefined
}
