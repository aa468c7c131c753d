import type { Token } from 'markdown-it'
import { h } from '../dom.ts'
import { hasMark } from './marks.ts'

let tex: typeof import('./tex.ts') | undefined
/** The libraries that are loaded, or are loading. */
const asked = new Set<'tex' | 'chemistry'>()
let hasChemistry = false
const waiting = new Set<() => void>()
/** Rendered formulas by their source, the newest last. `undefined`: it cannot be rendered. */
const known = new Map<string, Element | undefined>()
/** How many rendered formulas are kept. */
const most = 200

/**
 * A formula: as it was written, until the renderer is loaded; the first one on a page loads it. A formula that cannot be
 * rendered, or has a mark inside, stays as it was written.
 */
export function formula({ content, markup, info }: Token): HTMLElement {
  const display = info === 'display'
  const rendered = hasMark(content) ? undefined : render(content, display)
  const shown = rendered ?? markup
  if (!display) return h('span', { class: 'formula' }, shown)
  return h('span', { class: 'formula display', tabindex: 0, role: 'group', 'aria-label': 'Formula' }, shown)
}

function render(content: string, display: boolean): Node | undefined {
  const isChemical = /\\(?:ce|pu)(?![a-z])/i.test(content)
  if (!tex) ask('tex')
  if (isChemical && !hasChemistry) ask('chemistry')
  if (!tex || (isChemical && !hasChemistry)) return undefined
  const key = `${display} ${content}`
  if (!known.has(key)) {
    known.set(key, tex.mathOf(content, display))
    if (known.size > most) known.delete(known.keys().next().value!)
  }
  return known.get(key)?.cloneNode(true)
}

function ask(what: 'tex' | 'chemistry'): void {
  if (asked.has(what)) return
  asked.add(what)
  load(what).catch(() => {
    // If it cannot be loaded, formulas stay as they were written.
  })
}

async function load(what: 'tex' | 'chemistry'): Promise<void> {
  if (what === 'tex') tex = await import('./tex.ts')
  else {
    await import('./chemistry.ts')
    hasChemistry = true
  }
  for (const listener of waiting) listener()
}

/** Calls `listener` when formulas can be rendered that could not. Returns how to stop. */
export function onFormulas(listener: () => void): () => void {
  waiting.add(listener)
  return () => void waiting.delete(listener)
}
