import type { ChannelMode, ChannelOptions, ChannelParams, RealtimeChannel, RealtimeClient } from 'ably'
import { RejoinError, wrapError } from '../types/errors.ts'

/** The channel to read: a client and a name, or a channel. */
export type ChannelSource =
  | {
      /** Your Ably Realtime client, of the default or the modular build. */
      client: Pick<RealtimeClient, 'channels' | 'connection' | 'auth'>
      channelName: string
      channelOptions?: ChannelOptions
      channel?: undefined
    }
  | { channel: RealtimeChannel; client?: undefined; channelName?: undefined; channelOptions?: undefined }

/** The channel, with the hydrator's `params`, and with `modes` if the app gives none. */
export function openChannel(
  source: ChannelSource,
  needs: { params: ChannelParams | undefined; modes: ChannelMode[] | undefined },
): RealtimeChannel {
  if (source.channel) return source.channel
  const { client, channelName, channelOptions } = source
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
