import type { ErrorOption, Match, Point, When } from './rules.ts'

/** Removes a fault. Calling it again, or after the fault has ended, does nothing. */
export type Remove = () => void

export interface RefuseOptions extends When {
  /** What to refuse. Default `publish`: messages and operations on them, over realtime and REST. */
  on?: Exclude<Point, 'ack' | 'delivery'>
  match?: Match
  /** A code, or a whole error. Default 42911, the service's rate limit. */
  error?: ErrorOption
}

export interface DeliveryOptions extends When {
  /** `delivery` (default): any frame to a client. `ack`: the answer to a publish. */
  on?: 'delivery' | 'ack'
  match?: Match
}

export interface ConnectionFault {
  /** Which connections. Default: all. */
  match?: Match
}

export interface ChannelFault {
  /** Which channels; with `clientId` or `connectionId`, whose attachments. Default: all. */
  match?: Match
  error?: ErrorOption
}

/** Faults on demand. Verbs that take `nth`, `every`, `times` or `after` stay until removed; the others happen at once. */
export interface Faults {
  /** Answers with an error: NACK, channel ERROR, or a REST error. */
  refuse(options?: RefuseOptions): Remove
  /** Sends frames late, in order. */
  delay(options: DeliveryOptions & { ms: number; jitter?: number }): Remove
  /** Holds back the answers to publishes until removed: the publisher learns nothing for as long as a test needs. */
  hold(options?: When & { match?: Match }): Remove
  /** Does not send frames. When an `ack` is lost, so are all later ones until the socket closes. */
  lose(options?: DeliveryOptions): Remove
  /** Sends frames more than once. */
  duplicate(options?: DeliveryOptions & { copies?: number }): Remove
  /** Lets the next frame to the same client overtake. */
  reorder(options?: DeliveryOptions): Remove
  /** Keeps sockets open but neither reads nor sends, until removed or for `ms`. */
  freeze(options?: ConnectionFault & { ms?: number }): Remove
  /**
   * Cuts sockets; with an `error`, sends DISCONNECTED first. For `refuseFor` ms, matching clients cannot reconnect. With
   * `forget`, the connection cannot be resumed.
   */
  drop(options?: ConnectionFault & { error?: ErrorOption; refuseFor?: number; forget?: boolean }): Remove
  /** Drops the past of matching channels, or the state of matching connections, so that resumes fail. */
  forget(options: { channel?: Match['channel']; app?: Match['app'] } | { connection: Match | true }): void
  /** Tells attachments that continuity was lost: ATTACHED without RESUMED, code 80003 unless another is given. */
  discontinue(options?: ChannelFault & { forget?: boolean }): void
  /** Sends an unexpected ATTACHED with RESUMED. */
  attached(options?: ChannelFault): void
  /** Sends DETACHED. SDKs then reattach. */
  detach(options?: ChannelFault): void
  /** Sends a channel ERROR. The channel then fails. */
  fail(options?: ChannelFault): void
  /** Fails whole connections. */
  failConnection(options?: ConnectionFault & { error?: ErrorOption }): void
  /** Expires tokens now. */
  expireToken(options?: ConnectionFault): void
  /** Asks clients for a new token, as the service does before the old one expires. */
  requestReauth(options?: ConnectionFault): void
  /** Stops the server and starts it again on its port, after `downFor` ms; without `memory` as a new process would. */
  restart(options?: { memory?: boolean; downFor?: number }): Promise<void>
  /** Removes all faults. */
  clear(): void
}
