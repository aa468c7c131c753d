import type { Break } from '../text/coverage.ts'

/** What is known of the channel's past: where responses begin, and where continuity was lost. */
export interface Known {
  /** Continuity was lost here, and history has not covered the place. */
  readonly gap: Break | undefined
  /** Whether a response whose oldest known message has this serial begins there. `live`: that message is heard now. */
  begins(serial: string, live: boolean): boolean
  /** Whether a prompt with this serial is the first of its id, and all that belongs to it and came before is known. */
  readonly beginsTurn: (serial: string) => boolean
}

export const nothingKnown: Known = {
  gap: undefined,
  begins: () => false,
  beginsTurn: () => false,
}
