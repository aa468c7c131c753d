// Writes docs/reference.md: what every entry exports, from its declarations and docstrings.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packages, presentEntries, root } from './workspace.mjs'

// The compiler's API, which TypeScript 7 does not have.
const ts = createRequire(join(root, 'docs', 'package.json'))('typescript')

const intro = `# Reference

Generated from the docstrings by \`node scripts/reference.mjs\`; a test fails when it is not up to date. Lengths of text are UTF-16 code units, times are milliseconds, unless something else is said.
`

/** The page. */
export function reference() {
  const folder = mkdtempSync(join(root, 'docs', '.reference-'))
  try {
    const entries = packages().flatMap((pkg) =>
      presentEntries(pkg)
        .filter(({ bin }) => !bin)
        .map(({ subpath, source }) => ({ name: pkg.name + subpath.slice(1), source })),
    )
    const sections = sectionsOf(entries, folder)
    const contents = sections.map(({ name, names }) => {
      const links = names.map((n) => `[${n}](#${anchor(name, n)})`)
      return `- **\`${name}\`**: ${links.join(', ')}`
    })
    return [intro, contents.join('\n'), ...sections.map(({ text }) => text)].join('\n') + '\n'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Declarations of every entry, by the compiler that checks the workspace. */
function emit(entries, outDir) {
  const config = join(outDir, 'tsconfig.json')
  const compilerOptions = {
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: join(root, 'packages'),
    outDir,
  }
  const files = entries.map(({ source }) => source)
  // Every source, not only the entries: the compiler leaves out a file that it first meets as another package's.
  const include = [join(root, 'packages', '*', 'src')]
  const exclude = ['**/*.test.ts', '**/*.test.tsx']
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, files, include, exclude }),
  )
  // Its exit code does not matter: declarations come even if a type is wrong.
  spawnSync(process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    config,
    '--singleThreaded',
  ])
  const missing = files.filter((file) => !existsSync(emittedAt(file, outDir)))
  if (missing.length > 0)
    throw new Error(`unable to write the reference; no declarations came of ${missing.join(', ')}`)
}

const emittedAt = (source, outDir) => source.replace(join(root, 'packages'), outDir).replace(/\.ts$/, '.d.ts')

function sectionsOf(entries, outDir) {
  emit(entries, outDir)
  const emitted = ({ source }) => emittedAt(source, outDir)
  const options = { noLib: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  const host = ts.createCompilerHost(options)
  // What other packages export is not described here.
  host.resolveModuleNames = (names, from) =>
    names.map((name) => {
      const path = join(dirname(from), name.replace(/\.[jt]s$/, '.d.ts'))
      return name.startsWith('.') && ts.sys.fileExists(path)
        ? { resolvedFileName: path, extension: '.d.ts' }
        : undefined
    })
  const declarations = ts.createProgram(entries.map(emitted), options, host)
  const checker = declarations.getTypeChecker()
  const home = new Map()
  return entries.map((entry) => {
    const file = declarations.getSourceFile(emitted(entry))
    const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(file))
    const names = symbols.map(({ name }) => name).sort((a, b) => a.localeCompare(b))
    const texts = names.map((name) => {
      const symbol = symbols.find((s) => s.name === name)
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      const known = checker.isUnknownSymbol(target) ? packageOf(symbol) : home.get(target)
      if (known)
        return `### ${name}\n\nAs in [\`${known}\`](#${anchor(known, name)}). <a id="${anchor(entry.name, name)}"></a>\n`
      home.set(target, entry.name)
      return describe(name, anchor(entry.name, name), target.declarations ?? [])
    })
    return { name: entry.name, names, text: [`\n## ${entry.name}\n`, ...texts].join('\n') }
  })
}

const anchor = (entry, name) =>
  `${entry}-${name}`
    .replaceAll(/[^\w]+/g, '-')
    .replace(/^-/, '')
    .toLowerCase()

function describe(name, id, declarations) {
  const prose = declarations.flatMap((node) => proseOf(statement(node)))
  const code = declarations.map((node) => codeOf(statement(node))).filter(Boolean)
  return [
    `### ${name}\n<a id="${id}"></a>\n`,
    ...prose.map((text) => `${text}\n`),
    ...(code.length > 0 ? [`\`\`\`ts no-check\n${code.join('\n')}\n\`\`\`\n`] : []),
  ].join('\n')
}

/** A variable's docstring stands before its statement. */
function statement(node) {
  return ts.isVariableDeclaration(node) ? node.parent.parent : node
}

function proseOf(node) {
  const [doc] = (node.jsDoc ?? []).slice(-1)
  if (!doc) return []
  const comment = ts.getTextOfJSDocComment(doc.comment) ?? ''
  const tags = (doc.tags ?? []).map((tag) => {
    const text = (ts.getTextOfJSDocComment(tag.comment) ?? '').replaceAll('\n', ' ')
    const type = tag.typeExpression?.getText() ?? ''
    return `*${tag.tagName.text === 'throws' ? 'Throws' : tag.tagName.text}* ${type}${text}`
  })
  return [comment, ...tags].filter((text) => text !== '')
}

/** The declaration as it is, without its docstring, and without what is private. */
function codeOf(node) {
  if (ts.isSourceFile(node)) return ''
  const file = node.getSourceFile()
  let text = node
    .getText(file)
    .replace(/^export (declare |default )?/, '')
    .replace(/^declare /, '')
  const cut = node.getText(file).length - text.length
  const hidden = (node.members ?? [])
    .filter(
      (m) =>
        m.name?.kind === ts.SyntaxKind.PrivateIdentifier ||
        m.modifiers?.some((x) => x.kind === ts.SyntaxKind.PrivateKeyword),
    )
    .reverse()
  for (const member of hidden) {
    const from = member.getFullStart() - node.getStart(file) - cut
    text = text.slice(0, from) + text.slice(member.getEnd() - node.getStart(file) - cut)
  }
  return text.replaceAll(/^(?: {4})+/gm, (indent) => indent.slice(indent.length / 2))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const path = join(root, 'docs', 'reference.md')
  const text = reference()
  if (process.argv.includes('--check')) process.exitCode = readFileSync(path, 'utf8') === text ? 0 : 1
  else writeFileSync(path, text)
}

/** The package that a re-export names: only relative imports are followed. */
function packageOf(symbol) {
  let node = symbol.declarations[0]
  while (!node.moduleSpecifier) node = node.parent
  const name = node.moduleSpecifier.text
  // Its declarations are missing: a reference without them would say nothing.
  if (name.startsWith('.')) throw new Error(`unable to describe ${symbol.name}; ${name} was not found`)
  return name
}
