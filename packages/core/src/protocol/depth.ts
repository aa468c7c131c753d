/** Maximum nesting of objects and arrays. Deeper values overflow the stack of code that walks them. */
export const MAX_DEPTH = 200

/** Whether a value is nested deeper than `MAX_DEPTH`. Looks level by level, so that it cannot overflow the stack itself. */
export function isTooDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true
    const next: unknown[] = []
    for (const one of level)
      if (typeof one === 'object' && one !== null)
        for (const inner of Object.values(one))
          if (typeof inner === 'object' && inner !== null) next.push(inner)
    level = next
  }
  return false
}
