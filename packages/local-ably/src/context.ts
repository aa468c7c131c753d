import type { Log } from './log.ts'
import type { Rules } from './rules.ts'
import type { SerialSource } from './serial.ts'
import type { Settings } from './settings.ts'

/** What everything on one server shares. */
export interface Context {
  readonly settings: Settings
  serials: SerialSource
  readonly rules: Rules
  readonly log: Log
}
