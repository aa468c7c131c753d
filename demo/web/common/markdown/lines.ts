import { budget } from './budget.ts'

interface Part {
  text: string
  /** How many lines its group has, itself included. */
  lines: number
}

/**
 * Cuts code into groups of lines: each is laid out and coloured by itself, so that a new line costs only its
 * group. `before`: how many lines the first group has already. A full group is followed by another,
 * which may be empty.
 */
export function splitLines(code: string, before = 0): Part[] {
  const parts: Part[] = []
  let [from, lines] = [0, before]
  for (let end = code.indexOf('\n') + 1; end > 0; end = code.indexOf('\n', end) + 1) {
    if (++lines < budget.lines) continue
    parts.push({ text: code.slice(from, end), lines })
    ;[from, lines] = [end, 0]
  }
  parts.push({ text: code.slice(from), lines })
  return parts
}
