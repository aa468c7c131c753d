import { h } from '../dom.ts'
import { budget } from './budget.ts'

/**
 * Code in groups of lines, each laid out by itself: a line more costs as much as its group, not as all of the code.
 * Code of a few lines has none.
 */
export function inGroups(nodes: readonly (Node | string)[]): (Node | string)[] {
  const groups: (Node | string)[][] = [[]]
  let lines = 0
  for (const node of nodes) {
    if (typeof node !== 'string') {
      groups.at(-1)!.push(node)
      lines += linesIn(node.textContent ?? '')
      continue
    }
    let left = node
    for (let end = endOfLines(left, budget.lines - lines); end > 0; end = endOfLines(left, budget.lines)) {
      groups.at(-1)!.push(left.slice(0, end))
      groups.push([])
      left = left.slice(end)
      lines = 0
    }
    groups.at(-1)!.push(left)
    lines += linesIn(left)
  }
  return groups.length === 1 ? groups[0]! : groups.map((group) => h('span', { class: 'lines' }, ...group))
}

export const linesIn = (text: string): number => text.split('\n').length - 1

/** Where the line with this number ends, at least the first; 0 if it does not. */
function endOfLines(text: string, number: number): number {
  let end = 0
  for (let line = 0; line < Math.max(1, number); line++) {
    end = text.indexOf('\n', end) + 1
    if (end === 0) return 0
  }
  return end
}
