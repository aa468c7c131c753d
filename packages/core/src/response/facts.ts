import type { EndEvent, MetadataEvent, RetractEvent, StreamEvent, SuspendEvent } from '../protocol/event.ts'
import type { ResponseRow, ResponseState } from '../types/types.ts'

/** What a response shows of itself beside its parts. */
export type OwnFields = Pick<
  ResponseState,
  'error' | 'finishReason' | 'rawFinishReason' | 'usage' | 'metadata'
>

/** The fields of an end that are kept. */
type End = Pick<
  EndEvent,
  'serial' | 'version' | 'status' | 'error' | 'finishReason' | 'rawFinishReason' | 'usage'
>

const nothing: OwnFields = Object.freeze({})

type StatedEvent = EndEvent | MetadataEvent | RetractEvent | SuspendEvent

/** What an agent says about a whole response: how it ended, its metadata, and what it retracts. */
export class Facts {
  #end: End | undefined
  #metadata: MetadataEvent | undefined
  #suspended: SuspendEvent | undefined
  #retracted: Set<string> | undefined
  /** All of the response is taken back. */
  withdrawn = false
  /** Values from a database row, used where the channel has none. */
  #told: ResponseRow | undefined

  /** Returns whether anything changed. No order of events makes a difference. */
  apply(event: StatedEvent): boolean {
    switch (event.type) {
      case 'end':
        return this.#applyEnd(event)
      case 'metadata':
        if (this.#metadata && this.#metadata.version >= event.version) return false
        this.#metadata = event
        return true
      case 'suspend':
        if (this.#suspended && this.#suspended.version >= event.version) return false
        this.#suspended = event
        return true
      case 'retract':
        return this.retract(event.parts)
    }
  }

  /** A stop or an error is not undone by an end marker beside it; of two of a kind, the newer counts. */
  #applyEnd(event: EndEvent): boolean {
    const known = this.#end
    if (known) {
      const [broken, knownBroken] = [event.status !== 'complete', known.status !== 'complete']
      if (broken === knownBroken ? known.version >= event.version : knownBroken) return false
    }
    // Not the event itself: it lives as long as the response.
    const { serial, version, status, error, finishReason, rawFinishReason, usage } = event
    this.#end = { serial, version, status, error, finishReason, rawFinishReason, usage }
    return true
  }

  tell(row: ResponseRow): void {
    this.#told = row
    if (row.retracted) this.retract(row.retracted)
  }

  retract(parts: readonly string[] | 'all'): boolean {
    if (parts === 'all') {
      const { withdrawn } = this
      this.withdrawn = true
      return !withdrawn
    }
    const known = (this.#retracted ??= new Set())
    const { size } = known
    for (const part of parts) known.add(part)
    return known.size > size
  }

  isRetracted(part: string): boolean {
    return this.#retracted?.has(part) ?? false
  }

  /** How it ended, if it did. */
  get end(): End | undefined {
    return this.#end
  }

  /** The continuous response of a channel goes on after its end. Returns whether it had ended. */
  reopen(event: StreamEvent): boolean {
    if (!this.#end || event.serial <= this.#end.serial) return false
    this.#end = undefined
    return true
  }

  /** It waits for people since then: the version of the message that said so. */
  get suspendedSince(): string | undefined {
    return this.#suspended?.version
  }

  get shown(): OwnFields {
    const { error, finishReason, rawFinishReason, usage } = this.#end ?? this.#told ?? nothing
    const metadata = this.#metadata?.metadata ?? this.#told?.metadata
    // Most have none, and spreads are slow.
    if (!error && !finishReason && !rawFinishReason && !usage && !metadata) return nothing
    return {
      ...(error && { error }),
      ...(finishReason && { finishReason }),
      ...(rawFinishReason && { rawFinishReason }),
      ...(usage && { usage }),
      ...(metadata && { metadata }),
    }
  }
}
