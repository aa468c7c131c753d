import type { LanguageFn } from 'highlight.js'
import { createLowlight } from 'lowlight'

type Load = () => Promise<{ default: LanguageFn }>

/** Languages that models write, by the names they give them. Each is a file of its own: an answer has one or two. */
const grammars: Record<string, Load> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  go: () => import('highlight.js/lib/languages/go'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  python: () => import('highlight.js/lib/languages/python'),
  rust: () => import('highlight.js/lib/languages/rust'),
  sql: () => import('highlight.js/lib/languages/sql'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
}

const others: Record<string, string> = {
  c: 'cpp',
  'c++': 'cpp',
  golang: 'go',
  html: 'xml',
  js: 'javascript',
  jsx: 'javascript',
  jsonc: 'json',
  patch: 'diff',
  py: 'python',
  rs: 'rust',
  sh: 'bash',
  shell: 'bash',
  svelte: 'typescript',
  svg: 'xml',
  ts: 'typescript',
  tsx: 'typescript',
  vue: 'typescript',
  yml: 'yaml',
  zsh: 'bash',
}

/** What stands inside of others. */
const inner: Record<string, readonly string[]> = { xml: ['css', 'javascript'] }

const lowlight = createLowlight()

const nameOf = (language: string): string | undefined => {
  const name = language.toLowerCase()
  const known = Object.hasOwn(others, name) ? others[name]! : name
  return Object.hasOwn(grammars, known) ? known : undefined
}

/** Loads a language; false if it is unknown. */
export async function load(language: string): Promise<boolean> {
  const name = nameOf(language)
  if (name === undefined) return false
  await Promise.all(
    [name, ...(inner[name] ?? [])].map(async (one) => {
      const { default: grammar } = await grammars[one]!()
      lowlight.register(one, grammar)
    }),
  )
  return true
}

/** The code as a tree of coloured pieces, once its language is loaded. */
export function colour(language: string, code: string) {
  const name = nameOf(language)
  return name !== undefined && lowlight.registered(name) ? lowlight.highlight(name, code).children : undefined
}
