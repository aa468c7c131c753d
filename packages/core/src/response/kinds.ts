import type { PromptEvent, PromptTextEvent } from '../protocol/event.ts'
import type { PromptFields } from '../protocol/promptFields.ts'
import type { Incomplete, ResponseRow } from '../types/types.ts'
import type { Reply } from './parties.ts'
import type { PartKinds } from './partKind.ts'
import type { Rules, StructureEvent } from './reduce.ts'
import type { Response } from './response.ts'
import type { Roster } from './roster.ts'

/** What features add to a conversation: kinds of parts, and what else it keeps. */
export interface Kinds extends PartKinds, Rules {
  readonly rows?: (host: RowHost) => Rows
  readonly replies?: (host: ReplyBookHost) => ReplyKeeper
  readonly longPrompts?: () => LongPrompts
}

/** A row of the application's database whose response was not asked for yet. */
export interface ShelvedRow {
  readonly row: ResponseRow
  /** Makes the response of it. Returns whether anything changed. */
  readonly apply: (response: Response, row: ResponseRow) => boolean
}

/** Rows of the application's database, until their responses are asked for. */
export interface Rows {
  has(id: string): boolean
  /** Makes the response of a row. */
  find(id: string): Response | undefined
  bySerial(serial: string): Response | undefined
  /** Takes in what the app's database says of a response. */
  amend(row: ResponseRow, apply: ShelvedRow['apply']): void
  /** The lines of rows show, but for those of `held` readings. Returns whether there are any. */
  show(held: ReadonlySet<number>): boolean
  /** Another reading takes over the changes that one holds back. */
  handOver(reading: number, to: number): void
  /** Forgets a row. */
  letGo(id: string): void
}

export interface RowHost {
  readonly roster: Roster
  /** The reading of the past that is being applied. */
  readonly reading: number
  note(event: StructureEvent): void
  /** A row changed a response. */
  rowChanged(response: Response): void
  /** A response shows its row, which is not news. */
  rowShown(response: Response): void
}

/** What others than a response's party say for it: decisions, and results of client tools. */
export interface ReplyKeeper {
  /** `own`: what their publisher says itself under the same name. */
  take(event: Reply, own: Response | undefined, live: boolean): void
  /** Gives a new response the replies that arrived before it. */
  replay(response: Response): void
  /** It may have become known which prompt a response answers. */
  note(response: Response): void
  /** A prompt's sender has become known. */
  judge(promptId: string): void
  /** Forgets what was said for a response. */
  letGo(response: Response): void
}

export interface ReplyBookHost {
  readonly roster: Roster
  touch(response: Response, live: boolean): void
}

/** Texts of prompts that are too long for one message (PROTOCOL.md §2.8). */
export interface LongPrompts {
  /** Takes a piece. Returns the prompt that it makes longer. */
  add(event: PromptTextEvent): PromptEvent | undefined
  /** The text of a prompt: whole, or its beginning and how much of it has come. */
  read(event: PromptEvent): PromptText
  /** Forgets a prompt's text. */
  letGo(prompt: { readonly id: string; readonly clientId?: string | undefined }): void
}

export interface PromptText {
  readonly text: string
  readonly incomplete?: Incomplete
  /** Fields that came in pieces. */
  readonly fields?: PromptFields
}
