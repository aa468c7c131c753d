import { h } from '../dom.ts'
import { budget } from './budget.ts'
import { GrowingColours } from './growingColours.ts'
import { hasMark } from './marks.ts'

type Languages = typeof import('./languages.ts')
type Tree = NonNullable<ReturnType<Languages['colour']>>[number]

let languages: Languages | undefined
/** Languages that are loaded, or will be, or are unknown. */
const asked = new Set<string>()
const waiting = new Set<() => void>()
const colours = new GrowingColours<Tree>((language, code) => languages?.colour(language, code))

/** Code that has colours up to some point. */
export interface Highlighted {
  /** Makes the beginning anew at each call. */
  nodes(): (Node | string)[]
  /** The same object until the beginning changes. */
  tree: unknown
  rest: string
}

/**
 * Code in colours, where its language is known and loaded; the first code of a language on a page loads it. The last
 * characters of code that grows may have none yet. Code with a mark inside has none: a mark must stay in one piece.
 */
export function highlight(code: string, language: string, growing: boolean): Highlighted {
  const none = { nodes: () => [], tree: undefined, rest: code }
  if (code.length > budget.code || hasMark(code)) return none
  if (language !== 'text' && !asked.has(language)) {
    asked.add(language)
    // Without its colours it is code all the same.
    load(language).catch(() => {})
  }
  try {
    const coloured = colours.of(language, code, growing)
    if (!coloured) return none
    const { tree, rest } = coloured
    return { nodes: () => tree.map(nodeOf), tree, rest }
  } catch {
    return none
  }
}

async function load(language: string): Promise<void> {
  languages ??= await import('./languages.ts')
  await pause()
  if (!(await languages.load(language))) return
  await pause()
  // The first code of a language compiles it, which takes as long as colouring a screen of it.
  languages.colour(language, '\n')
  for (const listener of waiting) {
    await pause()
    listener()
  }
}

/** Between pieces of work that would make one long frame. */
const pause = () => new Promise((resolve) => setTimeout(resolve))

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
