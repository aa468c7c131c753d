import type { ChannelOptions, RealtimeClient } from 'ably'
import { Header, HistoryReader, type Wake } from '@rejoin/core/protocol'
import { headersOf } from '../inbound/fields.ts'
import { ownId } from '../publish/ownId.ts'

const PAGE = 1000

/** Id of a wake's prompt. If the wake names only a response, the client's own messages name its prompt. */
export async function promptOf(
  { channelName, promptId, responseId }: Omit<Wake, 'reason'>,
  { client, channelOptions }: { client: RealtimeClient; channelOptions?: ChannelOptions },
): Promise<string | undefined> {
  if (promptId !== undefined || responseId === undefined) return promptId
  const own = ownId(client)
  const history = new HistoryReader(client.channels.get(channelName, channelOptions), false)
  while (!history.exhausted) {
    for (const message of await history.next(PAGE)) {
      const headers = headersOf(message)
      const named = headers[Header.ResponseId] === responseId && message.clientId === own
      if (named && headers[Header.PromptId] !== undefined) return headers[Header.PromptId]
    }
  }
  return undefined
}
