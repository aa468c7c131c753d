import type { Log } from './log.ts'
import type { Retained } from './channel/retained.ts'
import type { Origins } from './origins.ts'
import type { Rules } from './faults/rules.ts'
import type { SerialSource } from './wire/serial.ts'
import type { Settings } from './settings.ts'
import type { Storage } from './storage/storage.ts'

/** Shared by everything on one server. */
export interface Context {
  readonly settings: Settings
  serials: SerialSource
  readonly rules: Rules
  readonly log: Log
  readonly origins: Origins
  readonly retained: Retained
  /** The file that outlives the process, if the options name one. */
  readonly storage: Storage | undefined
}
