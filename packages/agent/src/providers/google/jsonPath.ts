import { isFields, type Fields } from '../common/intake.ts'

const MAX_DEPTH = 32
const MAX_INDEX = 100_000

type Holder = Record<string | number, unknown>

/**
 * Sets the value at a path such as `$.places[0].name`, or appends if it is a text. Returns whether path and value were
 * understood.
 */
export function setAt(root: Record<string, unknown>, path: string, piece: Fields): boolean {
  const steps = stepsOf(path)
  const value = valueOf(piece)
  if (!steps || value === undefined) return false
  let holder: Holder = root
  for (const [place, step] of steps.slice(0, -1).entries()) {
    const next = own(holder, step)
    if (next === undefined) holder[step] = typeof steps[place + 1] === 'number' ? [] : {}
    const inner = own(holder, step)
    if (!isFields(inner) && !Array.isArray(inner)) return false
    holder = inner as Holder
  }
  const last = steps.at(-1)!
  const before = own(holder, last)
  holder[last] = typeof value === 'string' && typeof before === 'string' ? before + value : value
  return true
}

function stepsOf(path: string): (string | number)[] | undefined {
  const rest = path.replace(/^\$/, '')
  const found = [...rest.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/g)]
  if (found.length === 0 || found.length > MAX_DEPTH) return undefined
  if (found.map(([whole]) => whole).join('') !== rest) return undefined
  const steps = found.map(([, name, index, single, double]) =>
    index === undefined ? (name ?? single ?? double ?? '') : Number(index),
  )
  const fit = steps.every((step) => step !== '__proto__' && (typeof step === 'string' || step <= MAX_INDEX))
  return fit ? steps : undefined
}

function valueOf({
  stringValue,
  numberValue,
  boolValue,
  nullValue,
}: Fields): string | number | boolean | null | undefined {
  if (typeof stringValue === 'string') return stringValue
  if (typeof numberValue === 'number') return numberValue
  if (typeof boolValue === 'boolean') return boolValue
  return nullValue === undefined ? undefined : null
}

function own(holder: Holder, step: string | number): unknown {
  return Object.hasOwn(holder, step) ? holder[step] : undefined
}
