import type { createLowlight } from 'lowlight'
import { h } from '../dom.ts'
import { budget } from './budget.ts'
import { hasMark } from './marks.ts'

type Lowlight = ReturnType<typeof createLowlight>
type Tree = ReturnType<Lowlight['highlight']>['children'][number]

let colours: Lowlight | undefined
let loading: Promise<void> | undefined
const waiting = new Set<() => void>()

/**
 * Code in colours, where its language is known and the colours are loaded; the first code on a page loads them.
 * Code with a mark inside has none: a mark must stay in one piece.
 */
export function highlight(code: string, language: string): (Node | string)[] {
  loading ??= import('./languages.ts').then(
    ({ lowlight }) => {
      colours = lowlight
      for (const listener of waiting) listener()
    },
    // Without its colours it is code all the same.
    () => {},
  )
  if (code.length > budget.code || hasMark(code) || !colours?.registered(language)) return [code]
  try {
    return colours.highlight(language, code).children.map(nodeOf)
  } catch {
    return [code]
  }
}

/** Calls `listener` when colours are there that were not. Returns how to stop. */
export function onColours(listener: () => void): () => void {
  waiting.add(listener)
  return () => void waiting.delete(listener)
}

function nodeOf(tree: Tree): Node | string {
  if (tree.type === 'text') return tree.value
  if (tree.type !== 'element') return ''
  const { className } = tree.properties
  return h(
    'span',
    { class: Array.isArray(className) ? className.join(' ') : '' },
    ...tree.children.map(nodeOf),
  )
}
