import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile as compileSvelte } from 'svelte/compiler'
import { ErrorCode } from '@rejoin/core'
// @ts-expect-error: plain JavaScript, shared with the scripts.
import { reference } from '../../scripts/reference.mjs'
import { blocks, extract, fileOf, pages, read, root, type Block } from './blocks.ts'

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint')
const checked = pages().flatMap((page) =>
  page === 'docs/reference.md' ? [] : blocks(page).filter(({ note }) => note !== 'no-check'),
)

/** Compiles blocks as one program; answers what the compiler says. */
function compile(list: readonly Block[], folder: string, globals: string, options: object = {}): string {
  const target = extract(list, folder)
  writeFileSync(
    join(target, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        noEmit: true,
        rewriteRelativeImportExtensions: false,
        allowArbitraryExtensions: true,
        noImplicitReturns: true,
        exactOptionalPropertyTypes: true,
        ...options,
      },
      include: ['.', join(root, 'docs/test', globals)],
    }),
  )
  const args = ['-p', target, '--pretty', 'false', '--singleThreaded']
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, ...args], { encoding: 'utf8' })
  // What is wrong with the sources, `pnpm check:types` tells.
  return [
    stderr,
    ...stdout.split('\n').filter((line) => !line.startsWith('packages/') && !line.startsWith(' ')),
  ]
    .join('\n')
    .trim()
}

describe('code blocks compile', () => {
  // A registration of tools holds for a whole program, so its page is one.
  const registers = new Set(
    checked.filter(({ code }) => code.includes('interface Register')).map((b) => b.page),
  )
  const typed = checked.filter(({ language }) => /^(tsx?|vue|svelte)$/.test(language))

  test('there are some', () => expect(typed.length).toBeGreaterThan(40))

  test('TypeScript, React and Vue', () => {
    const errors = compile(
      typed.filter(({ page }) => !registers.has(page)),
      'plain',
      'globals.d.ts',
    )
    expect(errors).toBe('')
  })

  test('Svelte', () => {
    const components = checked.filter(({ language }) => language === 'svelte')
    expect(components.length).toBeGreaterThan(0)
    for (const { code, page, line } of components) {
      const { warnings } = compileSvelte(code, { filename: `${page}:${line}.svelte` })
      expect(warnings.map(({ message }) => message)).toEqual([])
    }
  })

  test('with registered tools', () => {
    for (const page of registers) {
      const errors = compile(
        typed.filter((b) => b.page === page),
        'registered',
        'globals.d.ts',
      )
      expect(errors).toBe('')
    }
  })

  test('a strict project finds nothing in them to complain about', () => {
    const list = typed.filter(({ language, note }) => /^tsx?$/.test(language) && note !== 'no-lint')
    const files = list.map(({ page, ...block }) => {
      const folder = registers.has(page) ? 'registered' : 'plain'
      return fileOf({ page, ...block }, folder)
    })
    const { stdout, status } = spawnSync(
      process.execPath,
      [oxlint, '--type-aware', '-c', join(root, 'docs/test/strict.oxlintrc.json'), '-f', 'unix', ...files],
      { encoding: 'utf8', cwd: root },
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })

  test('scripts of HTML pages', () => {
    const html = checked.filter(({ language, code }) => language === 'html' && code.includes('<script>'))
    expect(html.length).toBeGreaterThan(0)
    const errors = compile(html, 'html', 'scriptTags.d.ts', {
      allowJs: true,
      checkJs: true,
      exactOptionalPropertyTypes: false,
      strict: false,
      noImplicitAny: false,
    })
    expect(errors).toBe('')
  })
})

describe('links', () => {
  const links = pages().flatMap((page) =>
    [
      ...read(page)
        .replaceAll(/^```[\s\S]*?^```$/gm, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ].map(([, to]) => ({ page, to: to! })),
  )

  test.each(pages())('of %s', (page) => {
    for (const { to } of links.filter((link) => link.page === page && !/^https?:/.test(link.to))) {
      const [path, anchor] = to.split('#') as [string, string?]
      const target = path === '' ? page : normalize(join(dirname(page), path))
      expect(existsSync(join(root, target)), `${to}: ${target} does not exist`).toBe(true)
      if (anchor) expect(anchorsOf(target), `${to}: no such heading`).toContain(anchor)
    }
  })

  test('every page of docs is linked from another', () => {
    const linked = new Set(links.map(({ page, to }) => normalize(join(dirname(page), to.split('#')[0]!))))
    expect(pages().filter((page) => page.startsWith('docs/') && !linked.has(page))).toEqual([])
  })
})

const anchors = new Map<string, Set<string>>()

/** As GitHub names headings, and names given by hand. */
function anchorsOf(page: string): Set<string> {
  const known = anchors.get(page)
  if (known) return known
  const text = read(page)
  const found = new Set([...text.matchAll(/<a id="([\w-]+)">/g)].map(([, id]) => id!))
  for (const [, heading] of text.matchAll(/^#+ (.+)$/gm))
    found.add(
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    )
  anchors.set(page, found)
  return found
}

describe('what pages name exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }

  test.each(pages())('%s', (page) => {
    const text = read(page)
    for (const [, script] of text.matchAll(/\bpnpm(?:@\d+)? ([a-z][a-z\d]*)/g))
      if (script !== 'install') expect(Object.keys(scripts)).toContain(script)
    for (const [, path] of text.matchAll(/`((?:packages|docs|bench|e2e|demo|scripts)\/[\w./-]+)`/g))
      expect(existsSync(join(root, path!)), `${path} does not exist`).toBe(true)
  })
})

test('every error code is explained, and no other', () => {
  const explained = [...read('docs/errors.md').matchAll(/^### (\w+)\n(.+)/gm)]
  expect(new Set(explained.map(([, code]) => code))).toEqual(new Set(Object.values(ErrorCode)))
  for (const [, code, text] of explained) expect(text, code).toMatch(/\*\*Do:\*\*/)
})

test('the reference says what the docstrings say; `node scripts/reference.mjs` writes it', () => {
  const lines = read('docs/reference.md').split('\n')
  const stale = (reference as () => string)()
    .split('\n')
    .find((line, i) => line !== lines[i])
  expect(stale, 'first line that is not there').toBeUndefined()
})
