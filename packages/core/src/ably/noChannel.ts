import type { RealtimeChannel } from 'ably'

/** Stands for the channel of a session that has no client, as on a server. Only its name is of use. */
export function noChannel(name: string): RealtimeChannel {
  const nothing = (): void => {}
  const channel = { name, state: 'initialized', params: {}, on: nothing, off: nothing, unsubscribe: nothing }
  return channel as unknown as RealtimeChannel
}
