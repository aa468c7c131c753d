import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileScript, parse } from 'vue/compiler-sfc'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A fenced code block of a page. */
export interface Block {
  /** Path of the page, from the root. */
  readonly page: string
  /** Line of the page on which its code begins, from 1. */
  readonly line: number
  readonly language: string
  /** After the language: `no-check` where code is deliberately wrong, `no-lint` where it is other people's. */
  readonly note: string
  /** What its first line, a comment, calls it: `Chat.tsx`. */
  readonly name: string | undefined
  readonly code: string
}

/** Every page that a person may read, from the root. */
export function pages(): string[] {
  const markdown = (folder: string) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name))
  const readmes = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`)
  return [
    ...markdown('.'),
    ...markdown('docs'),
    ...readmes.filter((path) => existsSync(join(root, path))),
  ].sort()
}

export function read(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

const fence = /^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm
const named = /^(?:\/\/|<!--) ([\w./-]+\.(?:tsx?|vue|svelte|html))\b/

export function blocks(page: string): Block[] {
  const text = read(page)
  return [...text.matchAll(fence)].map(({ 1: language, 2: note, 3: code, index }) => ({
    page,
    line: text.slice(0, index).split('\n').length + 1,
    language: language!,
    note: note!.trim(),
    name: named.exec(code!)?.[1],
    code: code!,
  }))
}

/** The block of a page that calls itself `name`. */
export function block(page: string, name: string): Block {
  const found = blocks(page).find((b) => b.name === name)
  if (!found)
    throw new Error(`unable to find ${name} in ${page}; no block begins with a comment that says so`)
  return found
}

const extracted = join(root, 'docs', '.blocks')

/** Where `extract` writes a block. */
export function fileOf(b: Block, folder: string): string {
  return join(extracted, folder, b.page.replaceAll('/', '-').replace('.md', ''), fileName(b))
}

/** Writes the blocks of one page to a folder of its own, each on the lines it has in the page. */
export function extract(list: readonly Block[], folder: string): string {
  const target = join(extracted, folder)
  rmSync(target, { recursive: true, force: true })
  for (const b of list) {
    const path = fileOf(b, folder)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, source(b))
    // Files that import the component find its type.
    if (b.language === 'svelte' && b.name)
      writeFileSync(
        path.replace(/\.svelte\.ts$/, '.d.svelte.ts'),
        "import type { Component } from 'svelte'\ndeclare const component: Component<any>\nexport default component\n",
      )
    if (b.language === 'vue' && b.name)
      writeFileSync(
        path.replace(/\.vue\.ts$/, '.d.vue.ts'),
        "import type { DefineComponent } from 'vue'\ndeclare const component: DefineComponent<any>\nexport default component\n",
      )
  }
  return target
}

function fileName({ name, line, language }: Block): string {
  if (language === 'vue' || language === 'svelte') return `${name ?? `line${line}.${language}`}.ts`
  if (language === 'html') return `line${line}.js`
  return name ?? `line${line}.${language === 'tsx' ? 'tsx' : 'ts'}`
}

/** What of a block TypeScript can check. */
function source({ page, line, language, code }: Block): string {
  if (language === 'vue') return compileVue(code, page)
  if (language === 'svelte') return `${'\n'.repeat(line)}${scriptOf(code)}\nexport {}\n`
  if (language === 'html')
    return [...code.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, js]) => js).join('\n')
  const module = /^(import|export) /m.test(code) ? code : `${code}\nexport {}\n`
  return '\n'.repeat(line - 1) + module
}

function scriptOf(code: string): string {
  return /<script lang="ts">([\s\S]*?)<\/script>/.exec(code)?.[1] ?? ''
}

/** A component as TypeScript, its template included: what it reads from its script is checked. */
export function compileVue(code: string, filename: string): string {
  const { descriptor, errors } = parse(code, { filename })
  if (errors.length > 0) throw new Error(`unable to parse a component of ${filename}; ${errors[0]!.message}`)
  const { content } = compileScript(descriptor, { id: relative(root, filename), inlineTemplate: true })
  // Names that the template uses and the script does not know are looked for there: let them be found missing.
  return content.replace('(_ctx: any,', '(_ctx: object,')
}
