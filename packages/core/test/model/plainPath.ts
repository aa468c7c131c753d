import { Line as AnswerLine, PromptLine } from '../../src/response/entry.ts'
import type { Entry } from '../../src/response/entry.ts'
import type { MessageRef } from '../../src/types/types.ts'

/** Where a line stands, as far as it matters. */
export type Place = Partial<
  Pick<Entry, 'serial' | 'createdAt' | 'promptId' | 'parent' | 'replaces' | 'regenerate'>
>

/** A line of a conversation, with what it declares of its place. */
export type Line = Place & MessageRef

export const entryOf = (line: Line): Entry => {
  const { id, role, serial, createdAt = 0, promptId } = line
  if (role === 'user') return new PromptLine(id, serial, createdAt, line)
  return new AnswerLine(id, role, serial, createdAt, promptId)
}

/**
 * The path that shows (PROTOCOL.md §2.6), written for clarity: it works out the choice again for every line.
 * `selected`: ids that a device chose, later ones over earlier.
 */
export function plainPath(lines: readonly Line[], selected: readonly string[] = []): string[] {
  const by = new Map(lines.map((line) => [line.id, line]))
  const at = new Map(lines.map((line, i) => [line.id, i]))
  const before = (id: string | null | undefined, line: Line) =>
    typeof id === 'string' && by.has(id) && at.get(id)! < at.get(line.id)! ? by.get(id) : undefined
  const prompt = (id: string | undefined, line: Line) => {
    const found = before(id, line)
    return found?.role === 'user' ? found : undefined
  }
  const question = (line: Line): Line => {
    const asked = line.regenerate === undefined ? undefined : prompt(line.replaces, line)
    return asked ? question(asked) : line
  }
  const root = (line: Line): string => {
    const replaced = prompt(line.replaces, line)
    return replaced ? root(question(replaced)) : (line.replaces ?? line.id)
  }
  const parent = new Map<string, string>()
  const chosen = new Map<string, string>()
  const choices = (line: Line): [string, string][] => {
    const out: [string, string][] = []
    for (let one: Line | undefined = line; one; one = by.get(parent.get(one.id) ?? '')) {
      if (one.role === 'assistant') {
        const asked = prompt(one.promptId, one)
        if (asked) out.push([`a:${question(asked).id}`, asked.id])
        else if (one.promptId !== undefined) out.push([`e:${one.promptId}`, one.promptId])
      } else if (question(one) === one) out.push([`e:${root(one)}`, one.id])
      else out.push([`a:${question(one).id}`, one.id])
    }
    return out
  }
  const isLine = (line: Line) => line.role === 'assistant' || question(line) === line
  const shows = (line: Line) => choices(line).every(([group, version]) => chosen.get(group) === version)
  lines.forEach((line, i) => {
    if (line.role === 'assistant') {
      const asked = prompt(line.promptId, line)
      if (asked) parent.set(line.id, question(asked).id)
      else if (line.promptId !== undefined && !chosen.has(`e:${line.promptId}`))
        chosen.set(`e:${line.promptId}`, line.promptId)
      return
    }
    const own = question(line)
    const replaced = prompt(line.replaces, line)
    if (own !== line) parent.set(line.id, own.id)
    else if (line.parent !== undefined) {
      if (before(line.parent, line)) parent.set(line.id, line.parent!)
    } else if (replaced) {
      const above = parent.get(question(replaced).id)
      if (above) parent.set(line.id, above)
    } else if (line.replaces === undefined) {
      const last = lines.slice(0, i).findLast((one) => isLine(one) && shows(one))
      if (last) parent.set(line.id, last.id)
    }
    if (own === line) {
      // Never under another version of itself.
      const group = `e:${root(line)}`
      let out = parent.get(line.id)
      for (let up = out; up !== undefined; up = parent.get(up))
        if (choices(by.get(up)!)[0]?.[0] === group) out = parent.get(up)
      if (out === undefined) parent.delete(line.id)
      else parent.set(line.id, out)
    }
    for (const [group, version] of choices(line)) chosen.set(group, version)
    if (own === line && !chosen.has(`a:${line.id}`)) chosen.set(`a:${line.id}`, line.id)
  })
  for (const id of selected) {
    const found = by.get(id)
    // A version that is not loaded may be known by its answer, or by what replaced it.
    if (!found && lines.some((line) => choices(line).some(([group]) => group === `e:${id}`)))
      chosen.set(`e:${id}`, id)
    // A question stands for its first answer, too.
    if (found?.role === 'user' && question(found) === found) chosen.set(`a:${id}`, id)
    if (found) for (const [group, version] of choices(found)) chosen.set(group, version)
  }
  return lines.filter((line) => isLine(line) && shows(line)).map((line) => line.id)
}
