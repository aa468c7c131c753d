import { checksum } from '../protocol/checksum.ts'
import type { PromptEvent, PromptTextEvent } from '../protocol/event.ts'
import { Run } from '../text/run.ts'
import type { Incomplete } from '../types/types.ts'

/** Before every serial: a prompt's message has the beginning of its text, and comes after the pieces. */
const FIRST = ' '

/** Texts of prompts that are too long for one message (PROTOCOL.md §2.8). */
export class PromptTexts {
  readonly #runs = new Map<string, Run>()

  /** Takes a piece. */
  add({ id, clientId, serial, text, end }: PromptTextEvent): boolean {
    return this.#of(id, clientId).append({ key: serial, text, end })
  }

  /** The text of a prompt: whole, or its beginning and how much of it has come. */
  read({ id, clientId, text, whole }: PromptEvent): { text: string; incomplete?: Incomplete } {
    if (!whole) return { text }
    const run = this.#of(id, clientId)
    run.append({ key: FIRST, text, end: text.length })
    run.fold()
    const { length } = run
    if (length === whole.length && run.gaps.length === 0 && checksum(run.text) === whole.checksum)
      return { text: run.text }
    return { text, incomplete: { received: length, length: whole.length } }
  }

  /** A stranger's pieces are not the prompt's. */
  #of(id: string, clientId = ''): Run {
    const key = `${clientId} ${id}`
    let run = this.#runs.get(key)
    if (!run) this.#runs.set(key, (run = new Run(false)))
    return run
  }
}
