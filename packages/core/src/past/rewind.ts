import type { HistoryOptions } from './history.ts'
import { history } from './history.ts'
import type { Hydrator } from './hydrator.ts'

/**
 * Attaches with Ably's `rewind`: the last messages (`10`, at most 100) or minutes (`'2m'`) are delivered before live
 * ones. If they begin in the middle of a response, history brings its start (capability `history`).
 */
export function rewind(span: number | `${number}${'s' | 'm' | 'h'}`, options?: HistoryOptions): Hydrator {
  const past = history(options)
  return {
    ...past,
    params: { rewind: String(span) },
    async load(context) {
      const rewound = await context.rewound()
      if (!rewound || context.again || context.needsMore || context.initialRows) await past.load(context)
      else context.setHasOlder(true)
    },
  }
}
