import type { ChannelMode, ChannelOptions, ChannelParams, RealtimeChannel, RealtimeClient } from 'ably'
import { quoted, RejoinError, wrapError } from '../types/errors.ts'
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
  if (typeof source !== 'object' || source === null)
    throw unusable('pass options: `client` and `channelName`, or `channel`')
  if (source.channel !== undefined) return checked(source.channel)
  const { client, channelName, channelOptions } = source
  if (typeof channelName !== 'string' || channelName === '')
    throw unusable(`channelName must be a non-empty string, and is ${quoted(channelName)}`)
  if (client === undefined && 'initialRows' in source && source.initialRows) return noChannel(channelName)
  if (typeof client?.channels?.get !== 'function')
    throw unusable(
      `pass an Ably Realtime client as \`client\`, or a \`channel\`; \`client\` is ${quoted(client)}`,
    )
  if (!client.connection) throw unusable(`${REST}: \`client\` must be \`new Realtime({ … })\``)
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

const REST = 'a REST client receives no messages'

/** A channel that may come from untyped code. */
function checked(channel: RealtimeChannel): RealtimeChannel {
  const { subscribe, attach, channels, publish } = (channel ?? {}) as unknown as Record<string, unknown>
  if (typeof subscribe === 'function' && typeof attach === 'function') return channel
  if (typeof channel === 'string')
    throw unusable(
      `\`channel\` is a name, "${String(channel)}"; pass it as \`channelName\`, beside \`client\``,
    )
  if (channels) throw unusable('`channel` is a client; pass it as `client`, beside `channelName`')
  if (typeof publish === 'function') throw unusable(`${REST}: take \`channel\` from a Realtime client`)
  throw unusable(`\`channel\` must be a channel of an Ably Realtime client, and is ${quoted(channel)}`)
}

function unusable(why: string): RejoinError {
  return new RejoinError('invalid_argument', `unable to create a session; ${why}`)
}

/** Whether a channel was opened with a key: the SDK keeps its options where its types do not show them. */
export function isEncrypted(channel: RealtimeChannel): boolean {
  const { channelOptions } = channel as RealtimeChannel & { channelOptions?: ChannelOptions }
  return Boolean(channelOptions?.cipher)
}
