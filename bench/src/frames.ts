import type { Schedule } from '@rejoin/core'

/** Frames that come when the benchmark says so. */
export class Frames {
  private pending: (() => void) | undefined

  readonly schedule: Schedule = (flush) => {
    this.pending = flush
    return () => (this.pending = undefined)
  }

  next(): void {
    const { pending } = this
    this.pending = undefined
    pending?.()
  }
}
