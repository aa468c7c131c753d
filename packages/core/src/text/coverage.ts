/** Continuity was lost after `key`; `epoch` is the first attachment after it. */
export interface Break {
  key: string
  epoch: number
}

/** What has been read without a gap: everything from key `from` to where attachment `epoch` began. */
export interface Coverage {
  from: string
  epoch: number
}

export const covers = (coverage: Coverage, { key, epoch }: Break): boolean =>
  coverage.from <= key && epoch <= coverage.epoch
