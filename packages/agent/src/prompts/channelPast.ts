import type { InboundMessage, RealtimeChannel } from 'ably'
import { HistoryReader } from '@rejoin/core/protocol'

const PAGE = 1000

/** Serial of the last message before the attach point. */
export async function newest(channel: RealtimeChannel): Promise<string> {
  return (await new HistoryReader(channel, true).next(1))[0]?.serial ?? ''
}

/**
 * Messages after `serial` (and perhaps some before it), oldest first: up to the attach point, after which messages
 * arrive live, or (`untilNow`) up to now.
 */
export async function since(
  channel: RealtimeChannel,
  serial: string,
  untilNow = false,
): Promise<InboundMessage[]> {
  const history = new HistoryReader(channel, !untilNow)
  const messages: InboundMessage[] = []
  while (!history.exhausted) {
    const page = await history.next(PAGE)
    messages.push(...page)
    const oldest = page.at(-1)?.serial
    if (oldest !== undefined && oldest <= serial) break
  }
  return messages.reverse()
}
