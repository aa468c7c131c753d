/** Continuity was lost after `key`; `epoch` is the first attachment after it. */
export interface Break {
  key: string
  epoch: number
}

/** A range that was read without a gap: from key `from` to the start of attachment `epoch`. */
export interface Coverage {
  from: string
  epoch: number
}

/** Two losses without a reading in between are one, from the earlier of both places on. */
export const lostAgain = (known: Break | undefined, { key, epoch }: Break): Break => ({
  key: known && known.key < key ? known.key : key,
  epoch,
})

export const covers = (coverage: Coverage, { key, epoch }: Break): boolean =>
  coverage.from <= key && epoch <= coverage.epoch
