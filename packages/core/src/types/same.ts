/** Whether two objects of one shape hold the same values. */
export function same<T extends object>(a: T, b: T | undefined): boolean {
  return b !== undefined && (Object.keys(a) as (keyof T)[]).every((key) => a[key] === b[key])
}

/** Whether two lists hold the same values, in the same order. */
export function sameList(a: readonly unknown[], b: readonly unknown[] | undefined): boolean {
  return a.length === b?.length && a.every((one, i) => one === b[i])
}

/** Adds to a list that usually stays short: an empty array to which one is pushed takes room for 17. */
export function added<T>(list: T[], one: T): T[] {
  if (list.length === 0) return [one]
  list.push(one)
  return list
}
