import type { ChannelMode, ChannelOptions, ChannelParams, RealtimeChannel, RealtimeClient } from 'ably'
import { RejoinError, wrapError } from '../types/errors.ts'
import type { Row } from '../types/types.ts'
import { noChannel } from './noChannel.ts'

type Client = Pick<RealtimeClient, 'channels' | 'connection' | 'auth'>

/** The channel to read: a client and a name, or a channel. */
export type ChannelSource =
  | {
      /** Your Ably Realtime client, of the default or the modular build. */
      client: Client
      channelName: string
      channelOptions?: ChannelOptions
      channel?: undefined
    }
  | { channel: RealtimeChannel; client?: undefined; channelName?: undefined; channelOptions?: undefined }
  | {
      /** On a server there may be no client: these rows are all that shows. */
      initialRows: readonly Row[]
      client?: Client | undefined
      channelName: string
      channelOptions?: ChannelOptions
      channel?: undefined
    }

/** The channel, with the hydrator's `params`, and with `modes` if the app gives none. */
export function openChannel(
  source: ChannelSource,
  needs: { params: ChannelParams | undefined; modes: ChannelMode[] | undefined },
): RealtimeChannel {
  if (source.channel) return source.channel
  const { client, channelName, channelOptions } = source
  if (client === undefined && 'initialRows' in source && source.initialRows && channelName)
    return noChannel(channelName)
  if (typeof client?.channels?.get !== 'function')
    throw new RejoinError(
      'invalid_argument',
      'unable to create a session; pass an Ably Realtime client as `client`, or a `channel`',
    )
  if (typeof channelName !== 'string' || channelName === '')
    throw new RejoinError(
      'invalid_argument',
      'unable to create a session; channelName must be a non-empty string',
    )
  const params = { ...channelOptions?.params, ...needs.params }
  const modes = channelOptions?.modes ?? needs.modes
  try {
    return client.channels.get(channelName, {
      ...channelOptions,
      ...(Object.keys(params).length && { params }),
      ...(modes && { modes }),
    })
  } catch (cause) {
    // The channel exists with other options, which stay. History brings what a rewind would have.
    const channel = client.channels.get(channelName)
    if (channelOptions === undefined) return channel
    throw wrapError(
      `open channel "${channelName}" with these options; it exists with others`,
      cause,
      'invalid_argument',
    )
  }
}
