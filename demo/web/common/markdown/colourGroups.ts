import type { colour } from './languages.ts'
import { splitLines } from './lines.ts'

type Tree = NonNullable<ReturnType<typeof colour>>[number]

/** Code with its colours: text, or a class and its children. */
export type Piece = string | Coloured
export type Coloured = [className: string, ...inside: Piece[]]

/** Colours inside of more than these show as the outer one. */
const deepest = 16

/** Cuts coloured code into the groups of a `CodeView`; a class that goes on in the next group is opened again there. */
export function groupsOf(tree: readonly Tree[]): Piece[][] {
  const groups: Piece[][] = []
  const names: string[] = []
  /** The group, and the classes that are open in it. */
  let open: Piece[][] = []
  const enter = (name: string) => {
    const piece: Coloured = [name]
    open.at(-1)!.push(piece)
    open.push(piece)
  }
  const begin = () => {
    open = [[]]
    groups.push(open[0]!)
    for (const name of names) enter(name)
  }
  begin()
  let lines = 0
  /** A stack instead of recursion, so that no nesting is too deep. `undefined` closes the innermost open class. */
  const left: (Tree | undefined)[] = tree.toReversed()
  while (left.length > 0) {
    const node = left.pop()
    if (!node) {
      names.pop()
      open.pop()
    } else if (node.type === 'text') {
      const parts = splitLines(node.value, lines)
      for (const [at, { text, lines: count }] of parts.entries()) {
        if (at > 0) begin()
        if (text !== '') open.at(-1)!.push(text)
        lines = count
      }
    } else if (node.type === 'element') {
      const { className } = node.properties
      if (names.length < deepest) {
        names.push(Array.isArray(className) ? className.join(' ') : '')
        enter(names.at(-1)!)
        left.push(undefined)
      }
      left.push(...node.children.toReversed())
    }
  }
  return groups
}
