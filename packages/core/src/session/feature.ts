import type { Conversation } from '../response/conversation.ts'
import type { Kinds } from '../response/kinds.ts'
import { RejoinError } from '../types/errors.ts'
import type { Row } from '../types/types.ts'
import type { Readers } from '../wire/read.ts'

declare const opaque: unique symbol

/** Something that a reader can understand beside text: `toolParts`, `valueParts`, `promptStatuses`, … */
export interface Feature {
  readonly [opaque]: true
}

interface Understanding {
  /** Names of the messages to read. A list of lists: spread into one, a bundler would keep every feature's names. */
  readonly readers?: readonly Readers[]
  /** Makes parts from their events, and keeps what else a conversation needs for them. */
  readonly kinds?: Kinds
  /** Applies rows of the application's database. */
  readonly applyRow?: (conversation: Conversation, row: Row) => void
}

export const feature = (understanding: Understanding): Feature => understanding as unknown as Feature

const inside = (features: readonly Feature[]) => features as readonly unknown[] as readonly Understanding[]

export const readersOf = (features: readonly Feature[]): Readers =>
  Object.assign({}, ...inside(features).flatMap(({ readers = [] }) => readers))

export const kindsOf = (features: readonly Feature[]): Kinds =>
  Object.assign({}, ...inside(features).map(({ kinds }) => kinds))

/** Applies a row of the application's database. */
export function rowsOf(features: readonly Feature[]): (conversation: Conversation, row: Row) => void {
  const { applyRow } = inside(features).find((one) => one.applyRow) ?? {}
  return (
    applyRow ??
    (() => {
      throw new RejoinError(
        'invalid_argument',
        'unable to show rows of a database; give createReader() the feature `databaseRows`',
      )
    })
  )
}
