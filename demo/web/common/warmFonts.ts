import { h } from './dom.ts'

/** What answers are written in. The first letter of each makes a browser look for a font that has it. */
const scripts: Record<string, string> = {
  la: 'Ag',
  signs: '→✓≈',
  emoji: '😀✅',
  ja: 'あ漢',
  zh: '汉漢',
  ko: '한',
  ar: 'ع',
  he: 'ש',
  hi: 'क',
  th: 'ก',
  ru: 'Жλ',
}

/** The browser looks for each of them separately. */
const styles = ['p', 'h2', 'strong', 'code'] as const

/** Samples in the order in which they are likely to be needed: by the languages that a person reads. */
function samples(languages: readonly string[]): HTMLElement[] {
  const read = languages.map((language) => language.split('-')[0]!)
  const names = [...new Set(['la', ...read, 'signs', 'emoji', ...Object.keys(scripts)])]
  const texts = names.flatMap((name) => (Object.hasOwn(scripts, name) ? [scripts[name]!] : []))
  return texts.flatMap((text) => styles.map((style) => h(style, {}, text)))
}

/**
 * Lets the browser find fonts while it has nothing else to do, one at a time: in the middle of an answer, the first
 * word in another script would take a phone several frames.
 */
export function warmFonts(): void {
  // Where the browser has no `requestIdleCallback`, fonts are found when they are needed.
  if (!('requestIdleCallback' in globalThis)) return
  const left = samples(navigator.languages)
  const block = h('div')
  const element = h('div', { class: 'rendered samples', 'aria-hidden': 'true' }, block)
  document.body.append(element)
  const step = () => {
    const sample = left.shift()
    if (!sample) return element.remove()
    block.replaceChildren(sample)
    // Lays it out.
    void sample.offsetHeight
    requestIdleCallback(step, { timeout: 100 })
  }
  requestIdleCallback(step, { timeout: 100 })
}
