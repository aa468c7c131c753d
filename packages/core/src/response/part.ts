import type { EventMeta, TextEvent } from '../protocol/event.ts'
import type { Run } from '../text/run.ts'
import type {
  DataTypes,
  Gap,
  Part,
  ProviderMetadata,
  ResponseChange,
  RowPart,
  Tools,
} from '../types/types.ts'

/** A part while it is being assembled; `snapshot` is what a view gets, the same object until it changes. */
export abstract class OpenPart {
  readonly id: string
  /** Serial of its first message: the order of parts. */
  serial: string
  /** Its number, where `id` is another name (PROTOCOL.md §1.3). */
  number: string | undefined
  /** The provider's metadata. */
  providerMetadata: ProviderMetadata | undefined
  /** Whether `refresh` must look at it. */
  dirty = true
  snapshot: Part | undefined
  gaps: readonly Gap[] = noGaps
  /** The client that edited it last, where that is not its agent. */
  editedBy: string | undefined
  /** Its newest version does not say whether it is done: an older one may have said so. */
  hidesEnd = false
  /** Version of the newest operation that was no append. */
  #edited = ''
  /** The growing texts that it is made of. */
  runs: readonly Run[] = []
  /** Its response has ended. Its own end may be unknown: an edit hides it from later readers. */
  isOver = false

  /** Its copy in a database row, until the channel continues it. */
  row: RowPart | undefined

  constructor(id: string, serial: string) {
    this.id = id
    this.serial = serial
  }

  /** Takes note of who wrote its newest version. Returns whether a view would see it. */
  noteEdit({ version, serial, editor, done }: EventMeta & Pick<Partial<TextEvent>, 'done'>): boolean {
    if (version <= this.#edited) return false
    this.#edited = version
    this.hidesEnd = done === undefined && version !== serial
    if (this.editedBy === editor) return false
    this.editedBy = editor
    return (this.dirty = true)
  }

  /** Which clients' replies count may have changed. Returns whether the part has replies. */
  judgeReplies(): boolean {
    return false
  }

  /** Nothing more is expected for it. */
  get finished(): boolean {
    return true
  }

  /** Makes the snapshot again and returns the change of its text; undefined if the text did not change. */
  refresh(): ResponseChange | undefined {
    this.dirty = false
    // Registered types narrow `Part`, but not the data that arrives.
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
    this.snapshot = this.show() as Part | undefined
    return undefined
  }

  /** The snapshot for views; undefined hides the part. */
  protected show(): AnyPart | undefined {
    return this.snapshot
  }
}

/** A part of any tool and data: the defaults are what an application registers. */
// oxlint-disable-next-line typescript/no-unnecessary-type-arguments
export type AnyPart = Part<Tools, DataTypes>

export const noGaps: readonly Gap[] = Object.freeze([])
