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
  readonly applyRows?: ApplyRows
}

/** Applies rows of the application's database. Returns the first error, if any. */
type ApplyRows = (conversation: Conversation, rows: readonly Row[]) => RejoinError | undefined

export const feature = (understanding: Understanding): Feature => understanding as unknown as Feature

const inside = (features: readonly Feature[]) => features as readonly unknown[] as readonly Understanding[]

export const readersOf = (features: readonly Feature[]): Readers =>
  Object.assign({}, ...inside(features).flatMap(({ readers = [] }) => readers))

export const kindsOf = (features: readonly Feature[]): Kinds =>
  Object.assign({}, ...inside(features).map(({ kinds }) => kinds))

/** Applies rows of the application's database. */
export function rowsOf(features: readonly Feature[]): ApplyRows {
  const { applyRows } = inside(features).find((one) => one.applyRows) ?? {}
  return (
    applyRows ??
    ((_, { length }) =>
      length === 0
        ? undefined
        : new RejoinError(
            'invalid_argument',
            'unable to show rows of a database; give createReader() the feature `databaseRows`',
          ))
  )
}
