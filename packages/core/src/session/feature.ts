import type { Conversation } from '../response/conversation.ts'
import type { PartKinds } from '../response/partKind.ts'
import type { Row } from '../types/types.ts'
import type { Readers } from '../wire/read.ts'

/** What a reader understands beside text: whoever needs less loads less. */
export interface Feature {
  /** Reads messages of these names. */
  readonly readers?: Readers
  /** Makes parts of what they say. */
  readonly kinds?: PartKinds
  /** Shows what the application's database has. */
  readonly applyRow?: (conversation: Conversation, row: Row) => void
}

export const readersOf = (features: readonly Feature[]): Readers =>
  Object.assign({}, ...features.map((feature) => feature.readers))

export const kindsOf = (features: readonly Feature[]): PartKinds =>
  Object.assign({}, ...features.map((feature) => feature.kinds))
