import { tokenExpired } from '../auth/token.ts'
import type { Connections } from '../connection/connections.ts'
import { Action } from '../wire/protocol.ts'
import type { Faults } from './faults.ts'
import type { Lasting } from './lasting.ts'
import type { AddRule } from './ruleFaults.ts'
import { toError } from './rules.ts'

type ConnectionFaults = Pick<Faults, 'freeze' | 'drop' | 'failConnection' | 'expireToken' | 'requestReauth'>

/** Faults of whole connections. */
export function connectionFaults(
  connections: Connections,
  note: (text: string) => void,
  rule: AddRule,
  lasting: Lasting,
): ConnectionFaults {
  return {
    freeze({ match, ms } = {}) {
      note('freeze connections')
      const thaws = connections.matching(match).map((connection) => connection.freeze())
      const remove = lasting.begin(() => thaws.forEach((thaw) => thaw()))
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
  }
}
