/** Whether two objects of one shape hold the same values. */
export function same<T extends object>(a: T, b: T | undefined): boolean {
  return b !== undefined && (Object.keys(a) as (keyof T)[]).every((key) => a[key] === b[key])
}

/** Whether two lists hold the same values, in the same order. */
export function sameList(a: readonly unknown[], b: readonly unknown[] | undefined): boolean {
  return a.length === b?.length && a.every((one, i) => one === b[i])
}
