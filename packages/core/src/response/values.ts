import { checksum } from '../protocol/checksum.ts'
import { isTooDeep } from '../protocol/depth.ts'
import type { ValueEvent, ValueRef } from '../protocol/event.ts'
import { Run } from '../text/run.ts'
import type { Gap, Incomplete } from '../types/types.ts'
import { noGaps } from './part.ts'
import type { OpenPart } from './part.ts'
import type { PartList } from './partList.ts'

interface Pieces {
  run: Run | undefined
  /** Once it is whole. */
  whole: { value: unknown } | undefined
  /** It is whole, but not JSON that can be shown. */
  unreadable: boolean
  /** Uses it. */
  part: OpenPart | undefined
}

/** Values that came in pieces, by the id that names each of them (PROTOCOL.md §1.5). */
export class Values {
  readonly #byId = new Map<string, Pieces>()

  /** Takes a piece. Returns whether a part that is shown changes with it. */
  add({ id, serial, text, end }: ValueEvent): boolean {
    const pieces = this.#of(id)
    const { run, part } = pieces
    if (!run?.append({ key: serial, text, end })) return false
    if (part) part.dirty = true
    return part !== undefined
  }

  /** The value that `ref` names, for `part`; or how much of it has come. */
  read(ref: ValueRef, part: OpenPart): { value: unknown } | { incomplete: Incomplete } {
    const pieces = this.#of(ref.id)
    pieces.part = part
    const { run } = pieces
    if (run) {
      run.fold()
      if (run.length === ref.length && run.gaps.length === 0 && checksum(run.text) === ref.checksum) {
        pieces.whole = parse(run.text)
        pieces.unreadable = !pieces.whole
        // Its text is no longer needed.
        pieces.run = undefined
      }
    }
    const received = pieces.unreadable ? ref.length : (run?.length ?? 0)
    return pieces.whole ?? { incomplete: { received, length: ref.length } }
  }

  #of(id: string): Pieces {
    let pieces = this.#byId.get(id)
    if (!pieces)
      this.#byId.set(
        id,
        (pieces = { run: new Run(false), whole: undefined, unreadable: false, part: undefined }),
      )
    return pieces
  }
}

/** The values of a response; made when the first is heard of. */
export function valuesOf(parts: PartList): Values {
  return (parts.values ??= new Values())
}

/** The missing pieces of a value, as a gap of its part. */
export function gapsOf(part: string, incomplete: Incomplete | undefined): readonly Gap[] {
  if (!incomplete) return noGaps
  return [{ part, from: 0, to: 0, missing: incomplete.length - incomplete.received }]
}

function parse(text: string): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isTooDeep(value) ? undefined : { value }
  } catch {
    return undefined
  }
}
