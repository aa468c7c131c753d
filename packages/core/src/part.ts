import type { TextEvent } from './event.ts'
import type { GrowingText } from './growingText.ts'
import type { Gap, Part, ResponseChange, RowPart } from './types.ts'

/** One message that grows, or the tokens of a run: each is a text of its own. */
export interface TextSource {
  serial: string
  readonly unit: TextEvent['unit']
  /** Place among the runs of its part, from 0 (PROTOCOL.md §1.3). */
  run: number
  readonly text: GrowingText
}

/** A part while it is being assembled; `snapshot` is what a view gets, the same object until it changes. */
export abstract class OpenPart {
  readonly id: string
  /** Serial of its first message: the order of parts. */
  serial: string
  /** Whether `refresh` must look at it. */
  dirty = true
  snapshot: Part | undefined
  gaps: readonly Gap[] = noGaps
  /** The growing texts that it is made of. */
  sources: readonly TextSource[] = []

  /** What a row of the app's database told of it, until the channel goes on with it. */
  row: RowPart | undefined

  constructor(id: string, serial: string) {
    this.id = id
    this.serial = serial
  }

  /** Nothing of it is awaited any more. */
  get settled(): boolean {
    return true
  }

  /** Makes the snapshot anew and tells what changed in its text; undefined when no text did. */
  refresh(): ResponseChange | undefined {
    this.dirty = false
    this.snapshot = this.show()
    return undefined
  }

  /** What a view gets to see; undefined: nothing. */
  protected show(): Part | undefined {
    return this.snapshot
  }
}

export const noGaps: readonly Gap[] = Object.freeze([])
