import type { ChannelMode, ChannelOptions, ChannelParams, RealtimeChannel, RealtimeClient } from 'ably'
import { RejoinError, wrapError } from '../types/errors.ts'

/** The channel to read: by its name, or itself. */
export type ChannelSource =
  | {
      /** An Ably Realtime client: yours, of the default or the modular build. */
      client: Pick<RealtimeClient, 'channels' | 'connection' | 'auth'>
      channelName: string
      channelOptions?: ChannelOptions
      channel?: undefined
    }
  | { channel: RealtimeChannel; client?: undefined; channelName?: undefined; channelOptions?: undefined }

/** The channel with what its reader needs of it: `params` of the hydrator, `modes` where the app gives none. */
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
    // The channel exists with other options. Those stay: what a rewind would have brought, history brings.
    const channel = client.channels.get(channelName)
    if (channelOptions === undefined) return channel
    throw wrapError(
      `open channel "${channelName}" with these options; it exists with others`,
      cause,
      'invalid_argument',
    )
  }
}
