import { checksum } from '../protocol/checksum.ts'
import { isTooDeep } from '../protocol/depth.ts'
import type { PromptEvent, PromptTextEvent } from '../protocol/event.ts'
import { promptFields } from '../protocol/promptFields.ts'
import { Run } from '../text/run.ts'
import type { LongPrompts, PromptText } from './kinds.ts'

/** Before every serial: a prompt's message has the beginning of its text, and comes after the pieces. */
const FIRST = ' '

/** Assembles prompts' texts from their pieces. */
export class PromptTexts implements LongPrompts {
  /** Prompts that still lack pieces of their text. */
  readonly #incomplete = new Map<string, PromptEvent>()
  readonly #runs = new Map<string, Run>()

  add({ id, clientId, serial, text, end }: PromptTextEvent): PromptEvent | undefined {
    return this.#of(id, clientId).append({ key: serial, text, end }) ? this.#incomplete.get(id) : undefined
  }

  read(event: PromptEvent): PromptText {
    const { id, clientId, text, whole, serial } = event
    // The first message of an id is the prompt, whatever repeats it.
    const isFirst = serial <= (this.#incomplete.get(id)?.serial ?? serial)
    if (isFirst) this.#incomplete.delete(id)
    if (!whole) return { text }
    const run = this.#of(id, clientId)
    run.append({ key: FIRST, text, end: text.length })
    run.fold()
    const { length } = run
    if (length === whole.length && run.gaps.length === 0 && checksum(run.text) === whole.checksum) {
      const read = whole.text === undefined ? { text: run.text } : withFields(run.text, whole.text)
      if (read) return read
    }
    if (isFirst) this.#incomplete.set(id, event)
    return { text, incomplete: { received: length, length: whole.length } }
  }

  needsPast(isKnown: (serial: string) => boolean): boolean {
    return [...this.#incomplete.values()].some(({ serial }) => !isKnown(serial))
  }

  letGo({ id, clientId = '' }: Parameters<LongPrompts['letGo']>[0]): void {
    this.#incomplete.delete(id)
    this.#runs.delete(`${clientId} ${id}`)
  }

  /** A stranger's pieces are not the prompt's. */
  #of(id: string, clientId = ''): Run {
    const key = `${clientId} ${id}`
    let run = this.#runs.get(key)
    if (!run) this.#runs.set(key, (run = new Run(false)))
    return run
  }
}

/** The text, and the fields after it; `undefined` if they are not JSON that can be shown. */
function withFields(all: string, length: number): PromptText | undefined {
  try {
    const given: unknown = JSON.parse(all.slice(length))
    if (typeof given !== 'object' || !given || isTooDeep(given)) return undefined
    return { text: all.slice(0, length), fields: promptFields(given as Record<string, unknown>) }
  } catch {
    return undefined
  }
}
