import type { App } from '../app.ts'
import type { Connections } from '../connection/connections.ts'
import { channelFaults } from './channelFaults.ts'
import { connectionFaults } from './connectionFaults.ts'
import type { Faults } from './faults.ts'
import { Lasting } from './lasting.ts'
import { ruleFaults, type AddRule } from './ruleFaults.ts'
import { matches, type Rules } from './rules.ts'

export interface FaultTargets {
  rules: Rules
  connections: Connections
  apps: ReadonlyMap<string, App>
  restart(options: { memory: boolean; downFor: number }): Promise<void>
  note(text: string): void
}

/** The faults of one server. */
export function createFaults({ rules, connections, apps, restart, note }: FaultTargets): Faults {
  const lasting = new Lasting()
  const rule: AddRule = (verb, options, on, effect) => {
    note(`${verb} ${on}`)
    return lasting.begin(rules.add(on, options.match, options, effect))
  }
  return {
    ...ruleFaults(rule, lasting),
    ...connectionFaults(connections, note, rule, lasting),
    ...channelFaults(connections, note),

    forget(options) {
      note('forget')
      if ('connection' in options) {
        const match = options.connection === true ? undefined : options.connection
        for (const connection of connections.matching(match)) connection.forgetKey()
        return
      }
      for (const app of apps.values()) {
        for (const channel of app.channels.values()) {
          if (matches(options, { app: app.id, channel: channel.name })) channel.journal.forget(channel.mark())
        }
      }
    },

    restart: ({ memory = true, downFor = 0 } = {}) => restart({ memory, downFor }),

    clear() {
      lasting.clear()
      rules.clear()
    },
  }
}
