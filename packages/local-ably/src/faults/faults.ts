import type { App } from '../app.ts'
import type { Channel } from '../channel/channel.ts'
import type { Connection } from '../connection/connection.ts'
import type { Connections } from '../connection/connections.ts'
import { Action, Flag } from '../wire/protocol.ts'
import { matches, toError, type ErrorOption, type Match, type Point, type Rules, type When } from './rules.ts'
import { tokenExpired } from '../auth/token.ts'

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

export interface FaultTargets {
  rules: Rules
  connections: Connections
  apps: ReadonlyMap<string, App>
  restart(options: { memory: boolean; downFor: number }): Promise<void>
  note(text: string): void
}

/** The faults of one server. */
export function createFaults(targets: FaultTargets): Faults {
  const { rules, connections } = targets
  const note = (text: string) => targets.note(text)
  const ongoing = new Set<Remove>()

  const lasting = (end: () => void): Remove => {
    const remove = () => {
      if (ongoing.delete(remove)) end()
    }
    ongoing.add(remove)
    return remove
  }

  const rule = (
    verb: string,
    options: When & { match?: Match },
    on: Point,
    effect: Parameters<Rules['add']>[3],
  ) => {
    note(`${verb} ${on}`)
    return lasting(rules.add(on, options.match, options, effect))
  }

  /** The attachments that a channel fault applies to. */
  const attachments = function* (match: Match | undefined): Generator<[Connection, string, Channel]> {
    for (const connection of connections.all()) {
      for (const [name, { channel }] of connection.attachments) {
        if (matches(match, { ...connection.subject(), channel: channel.name }))
          yield [connection, name, channel]
      }
    }
  }

  const faults: Faults = {
    refuse: (options = {}) =>
      rule('refuse', options, options.on ?? 'publish', {
        kind: 'refuse',
        error: toError(options.error, defaultRefusal(options.on)),
      }),
    delay: (options) =>
      rule('delay', options, options.on ?? 'delivery', {
        kind: 'delay',
        ms: options.ms,
        jitter: options.jitter ?? 0,
      }),
    hold(options = {}) {
      let release = () => {}
      const released = new Promise<void>((resolve) => (release = resolve))
      const remove = rule('hold', options, 'ack', { kind: 'hold', released })
      return lasting(() => {
        remove()
        release()
      })
    },
    lose: (options = {}) => rule('lose', options, options.on ?? 'delivery', { kind: 'lose' }),
    duplicate: (options = {}) =>
      rule('duplicate', options, options.on ?? 'delivery', {
        kind: 'duplicate',
        copies: options.copies ?? 1,
      }),
    reorder: (options = {}) => rule('reorder', options, options.on ?? 'delivery', { kind: 'reorder' }),

    freeze({ match, ms } = {}) {
      note('freeze connections')
      const thaws = connections.matching(match).map((connection) => connection.freeze())
      const remove = lasting(() => thaws.forEach((thaw) => thaw()))
      if (ms !== undefined) setTimeout(remove, ms).unref()
      return remove
    },

    drop({ match, error, refuseFor, forget } = {}) {
      note('drop connections')
      const remove = refuseFor
        ? rule('refuse', { match }, 'connect', { kind: 'refuse', error: toError(50003, 50003) })
        : () => {}
      if (refuseFor) setTimeout(remove, refuseFor).unref()
      for (const connection of connections.matching(match)) {
        if (error === undefined) connection.drop()
        else connection.disconnect(toError(error, 80003))
        if (forget) connection.end()
      }
      return remove
    },

    forget(options) {
      note('forget')
      if ('connection' in options) {
        const match = options.connection === true ? undefined : options.connection
        for (const connection of connections.matching(match)) connection.forgetKey()
        return
      }
      for (const app of targets.apps.values()) {
        for (const channel of app.channels.values()) {
          if (matches(options, { app: app.id, channel: channel.name })) channel.journal.forget(channel.mark())
        }
      }
    },

    discontinue({ match, error, forget } = {}) {
      note('lose continuity')
      const affected = [...attachments(match)]
      if (forget)
        for (const channel of new Set(affected.map(([, , one]) => one)))
          channel.journal.forget(channel.mark())
      for (const [connection, name] of affected) {
        connection.attachments.get(name)?.discontinue(toError(error, 80003))
      }
    },

    attached({ match, error } = {}) {
      for (const [connection, name, channel] of attachments(match)) {
        const attachment = connection.attachments.get(name)!
        const wire = error === undefined ? {} : { error: toError(error, 80003).toWire() }
        connection.send(
          attachment.attached({ channelSerial: channel.journal.head, flags: Flag.resumed, ...wire }),
        )
      }
    },

    detach({ match, error } = {}) {
      note('detach channels')
      for (const [connection, name] of attachments(match)) {
        connection.detach(name)
        connection.send({ action: Action.detached, channel: name, error: toError(error, 90000).toWire() })
      }
    },

    fail({ match, error } = {}) {
      note('fail channels')
      for (const [connection, name, channel] of attachments(match)) {
        connection.detach(name)
        connection.leave(channel)
        connection.sendError(toError(error, 90000), name)
      }
    },

    failConnection({ match, error } = {}) {
      note('fail connections')
      for (const connection of connections.matching(match)) connection.fail(toError(error, 80000))
    },

    expireToken({ match } = {}) {
      note('expire tokens')
      for (const connection of connections.matching(match)) {
        if (connection.grant.kind !== 'token') continue
        connection.grant = { ...connection.grant, expires: Date.now() }
        connection.disconnect(tokenExpired())
      }
    },

    requestReauth({ match } = {}) {
      for (const connection of connections.matching(match)) {
        if (connection.grant.kind === 'token') connection.send({ action: Action.auth })
      }
    },

    restart: ({ memory = true, downFor = 0 } = {}) => targets.restart({ memory, downFor }),

    clear() {
      for (const remove of ongoing) remove()
      rules.clear()
    },
  }
  return faults
}

const defaultRefusal = (on: RefuseOptions['on']): number =>
  on === 'history'
    ? 90008
    : on === 'rest'
      ? 50003
      : on === 'connect' || on === 'upgrade'
        ? 50003
        : on === 'attach'
          ? 90000
          : 42911
