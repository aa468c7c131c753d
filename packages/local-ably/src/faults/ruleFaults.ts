import type { Faults, Remove } from './faults.ts'
import type { Lasting } from './lasting.ts'
import { toError, type Effect, type Match, type Point, type When } from './rules.ts'

/** Adds a rule that lasts until it is removed. */
export type AddRule = (
  verb: string,
  options: When & { match?: Match | undefined },
  on: Point,
  effect: Effect,
) => Remove

type RuleFaults = Pick<Faults, 'refuse' | 'delay' | 'hold' | 'lose' | 'duplicate' | 'reorder'>

/** Faults of single frames and requests. */
export function ruleFaults(rule: AddRule, lasting: Lasting): RuleFaults {
  return {
    refuse: (options = {}) =>
      rule('refuse', options, options.on ?? 'publish', {
        kind: 'refuse',
        error: toError(options.error, defaultRefusals[options.on ?? 'publish'] ?? 42911),
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
      return lasting.begin(() => {
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
  }
}

const defaultRefusals: Partial<Record<Point, number>> = {
  history: 90008,
  rest: 50003,
  connect: 50003,
  upgrade: 50003,
  attach: 90000,
}
