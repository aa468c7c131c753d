import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { mutants } from './packages/core/test/model/mutants.ts'
import { patience, testPatience } from './packages/core/test/patience.ts'
import { LongestFirst } from './scripts/longestFirst.ts'

// Tests read the sources of sibling packages, so no build stands between an edit and its test.
const source = { conditions: ['@rejoin/source', 'import', 'module', 'default'] }

/** With REJOIN_MUTANT=n, the reader has the n-th deliberate bug (scripts/mutants.mjs). */
const mutant = mutants[Number(process.env.REJOIN_MUTANT ?? -1)]
const mutate = {
  name: 'mutate',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    if (!mutant || !id.endsWith(`/core/src/${mutant.file}`)) return
    if (!code.includes(mutant.from))
      throw new Error(`unable to make mutant "${mutant.name}"; its text is not in ${mutant.file}`)
    return code.replace(mutant.from, mutant.to)
  },
}

const project = (name: string, root: string, extra: object = {}) => ({
  plugins: [mutate],
  resolve: source,
  // Not 'import' here: it would reach `node --conditions` and break CommonJS packages that require each other.
  ssr: { resolve: { conditions: ['@rejoin/source'] } },
  test: {
    name,
    root,
    include: ['**/*.test.{ts,tsx}'],
    testTimeout: testPatience,
    hookTimeout: testPatience,
    expect: { poll: { timeout: patience, interval: 20 } },
    ...extra,
  },
})

/** The tests of a binding again, with the oldest version of its framework. */
const oldest = (name: string, root: string, alias: Record<string, string>) => {
  // `@ai-sdk/react` brings the React that it finds.
  const exclude = ['**/types.test.ts', '**/joinChat.test.tsx', '**/node_modules/**']
  const again = project(name, root, { environment: 'happy-dom', exclude })
  const found = Object.entries(alias).map(([id, path]) => ({
    find: new RegExp(`^${id}$`),
    replacement: join(import.meta.dirname, root, 'test', path),
  }))
  return { ...again, resolve: { ...source, alias: found } }
}

/** Components are compiled for pages, and find Svelte as pages do; what else there is, is as in Node. */
const withSvelte = (root: string) => {
  const server = { deps: { inline: [/svelte/] } }
  const client = (path: string) => join(import.meta.dirname, root, 'node_modules/svelte/src', path)
  return {
    ...project('svelte', root, { environment: 'happy-dom', server }),
    plugins: [mutate, svelte({ configFile: false })],
    resolve: {
      ...source,
      alias: [
        { find: /^svelte$/, replacement: client('index-client.js') },
        { find: /^svelte\/reactivity$/, replacement: client('reactivity/index-client.js') },
      ],
    },
  }
}

/** Its files leave nothing behind, so those of one worker share what they import. */
const shared = { isolate: false }

export default defineConfig({
  test: {
    // Vitest would leave one core idle: of two, half the machine.
    maxWorkers: availableParallelism(),
    // Demos and browsers of workers end with them.
    teardownTimeout: testPatience,
    sequence: { sequencer: LongestFirst },
    projects: [
      project('core', './packages/core', shared),
      project('agent', './packages/agent', shared),
      project('react', './packages/react', { environment: 'happy-dom' }),
      project('vue', './packages/vue', { environment: 'happy-dom' }),
      oldest('react18', './packages/react', {
        '(react|react-dom)(/.*)?': 'with-react18/node_modules/$1$2',
      }),
      oldest('vue34', './packages/vue', {
        vue: 'with-vue34/node_modules/vue/index.mjs',
        'vue/server-renderer': 'with-vue34/node_modules/vue/server-renderer/index.mjs',
      }),
      withSvelte('./packages/svelte'),
      project('inspector', './packages/inspector', { environment: 'happy-dom' }),
      project('local-ably', './packages/local-ably', shared),
      project('postgres', './packages/postgres'),
      project('cli', './packages/cli'),
      project('demo', './demo', shared),
      project('docs', './docs', { exclude: ['.blocks/**', 'node_modules/**'] }),
      project('e2e', './e2e', {
        // A browser and demos are started once for each worker (stage.ts).
        ...shared,
        // Each worker runs a browser, a server and an agent. They wait for each other, so there is time for one more.
        maxWorkers: Math.min(4, availableParallelism() + 1),
        // Projects with other numbers of workers are groups that run one after the other.
        sequence: { groupOrder: 1 },
        globalSetup: './setup.ts',
      }),
    ],
  },
})
