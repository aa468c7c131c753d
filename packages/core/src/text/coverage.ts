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

export const covers = (coverage: Coverage, { key, epoch }: Break): boolean =>
  coverage.from <= key && epoch <= coverage.epoch
