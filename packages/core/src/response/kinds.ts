import type { PromptEvent, PromptTextEvent } from '../protocol/event.ts'
import type { PromptFields } from '../protocol/promptFields.ts'
import type { Incomplete } from '../types/types.ts'
import type { Reply } from './parties.ts'
import type { PartKinds } from './partKind.ts'
import type { Rules } from './reduce.ts'
import type { Response } from './response.ts'
import type { Roster } from './roster.ts'
import type { Shelf, ShelfHost } from './shelf.ts'
import type { TranscriptHost, Transcripts } from './transcripts.ts'

/** What features add to a conversation: kinds of parts, and what else it keeps. */
export interface Kinds extends PartKinds, Rules {
  readonly shelf?: (host: ShelfHost) => Shelf
  /** With a `shelf`. */
  readonly transcripts?: (host: TranscriptHost) => Transcripts
  readonly replies?: (host: ReplyBookHost) => ReplyKeeper
  readonly longPrompts?: () => LongPrompts
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
  /** Whether older messages may have pieces that a prompt lacks. `isKnown`: what comes before a prompt has been read. */
  needsPast(isKnown: (serial: string) => boolean): boolean
  /** Forgets a prompt's text. */
  letGo(prompt: { readonly id: string; readonly clientId?: string | undefined }): void
}

export interface PromptText {
  readonly text: string
  readonly incomplete?: Incomplete
  /** Fields that came in pieces. */
  readonly fields?: PromptFields
}
