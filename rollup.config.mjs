import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import esbuild from 'rollup-plugin-esbuild'
import { packages, presentEntries } from './scripts/workspace.mjs'

const toScript = (options) => esbuild({ target: 'es2022', tsconfig: false, jsx: 'automatic', ...options })

/** ES modules: one file per entry, the code that entries share in `dist/shared`, everything else imported. */
function modules(pkg) {
  const dir = join(pkg.path, 'dist')
  const input = Object.fromEntries(
    presentEntries(pkg, console.warn).map(({ output, source }) => [
      output.replace(/^\.\/dist\/|\.js$/g, ''),
      source,
    ]),
  )
  return {
    input,
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !/^[a-z]:/i.test(id),
    plugins: [emptied(dir), withoutDirective(), toScript()],
    output: {
      dir,
      // Imports stand where they are needed: no entry loads `ws` for another's sake.
      hoistTransitiveImports: false,
      format: 'es',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'shared/[name].js',
      // A bundle has no place for its modules' directives, so the entry's is put on top again.
      banner: (chunk) => (chunk.facadeModuleId && isClient(chunk.facadeModuleId) ? "'use client'" : ''),
      generatedCode: 'es2015',
    },
    onwarn: refuse,
  }
}

const directive = /^(['"])use client\1/

function isClient(path) {
  return directive.test(readFileSync(path, 'utf8'))
}

function withoutDirective() {
  return {
    name: 'without-directive',
    transform: (code) =>
      directive.test(code) ? { code: code.replace(directive, ' '.repeat(12)), map: null } : null,
  }
}

/** Nothing of an earlier build is left to be published. */
function emptied(dir) {
  return { name: 'emptied', buildStart: () => rmSync(dir, { recursive: true, force: true }) }
}

/** A warning is a mistake here: an import that leads nowhere must not reach a package. */
function refuse(warning) {
  throw new Error(`unable to build; ${warning.message}`)
}

export default packages().map(modules)
