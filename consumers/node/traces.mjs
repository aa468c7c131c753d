// Errors of every package lead to our sources: those of modules with `--enable-source-maps`, those of the bundle
// for a <script> tag with its own map, as a browser's debugger reads them.
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { runInNewContext } from 'node:vm'
import { createSession } from '@rejoin/core'
import { createAgent } from '@rejoin/agent'
import { startLocalAbly } from '@rejoin/local-ably'
import { useSession } from '@rejoin/react'
import { useSession as useVueSession } from '@rejoin/vue'
import { createElement } from 'react'
import { renderToString as renderReact } from 'react-dom/server'
import { createSSRApp } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'

const folder = resolve('node_modules/@rejoin')
const seen = new Set()

await fails('core/src/ably/openChannel.ts', () => createSession({}))
await fails('agent/src/checkOptions.ts', () => createAgent({}))
await fails('local-ably/src/settings.ts', () => startLocalAbly({ keys: ['wrong'] }))
await fails('react/src/provider.ts', () => renderReact(createElement(() => useSession().status)))
await fails('vue/src/provider.ts', () => renderVue(createSSRApp({ setup: () => useVueSession() })))
await fails('core/src/ably/openChannel.ts', () => bundle('rejoin.global.js'), 'rejoin.global.js')
console.log(`seen: ${seen.size} stack traces that lead to src`)

/** Does what must throw, and looks where in our sources the stack says that it began. */
async function fails(expected, mistake, bundled) {
  const { stack = '' } = await Promise.resolve()
    .then(mistake)
    .then(
      () => ({}),
      (error) => error,
    )
  const [, path, line, column] = /([^\s(]+):(\d+):(\d+)\)?$/m.exec(stack) ?? []
  const at = bundled ? original(path, Number(line), Number(column)) : { path, line: Number(line) }
  const source = relative(folder, at.path ?? '')
  const code = source === expected ? readFileSync(at.path, 'utf8').split('\n')[at.line - 1] : ''
  if (!/\bthrow\b|Error\(/.test(code))
    throw new Error(`unable to find ${expected} in a stack trace; it says ${source}:${at.line}`)
  seen.add(bundled ?? expected)
}

function original(path, line, column) {
  const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')))
  const { originalSource, originalLine } = map.findEntry(line - 1, column - 1)
  return { path: join(dirname(path), originalSource), line: originalLine + 1 }
}

/** Runs the script of a page, and makes a mistake with its global. */
function bundle(name) {
  const path = join(folder, 'core', 'dist', name)
  return runInNewContext(`${readFileSync(path, 'utf8')}\nRejoin.createSession({})`, {}, { filename: path })
}
