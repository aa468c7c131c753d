import type { Channel } from '../channel/channel.ts'
import type { Connection } from '../connection/connection.ts'
import type { Connections } from '../connection/connections.ts'
import { Action, Flag } from '../wire/protocol.ts'
import type { Faults } from './faults.ts'
import { matches, toError, type Match } from './rules.ts'

type ChannelFaults = Pick<Faults, 'discontinue' | 'attached' | 'detach' | 'fail'>

/** Faults of attachments to channels. */
export function channelFaults(connections: Connections, note: (text: string) => void): ChannelFaults {
  /** The attachments that a fault applies to. */
  const attachments = function* (match: Match | undefined): Generator<[Connection, string, Channel]> {
    for (const connection of connections.all()) {
      for (const [name, { channel }] of connection.attachments) {
        if (matches(match, { ...connection.subject(), channel: channel.name }))
          yield [connection, name, channel]
      }
    }
  }

  return {
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
  }
}
