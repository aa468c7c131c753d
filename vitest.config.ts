import { defineConfig } from 'vitest/config'

// Tests read the sources of sibling packages, so no build stands between an edit and its test.
const source = { conditions: ['@rejoin/source', 'import', 'module', 'default'] }

const project = (name: string, root: string, extra: object = {}) => ({
  resolve: source,
  // Not 'import' here: it would reach `node --conditions` and break CommonJS packages that require each other.
  ssr: { resolve: { conditions: ['@rejoin/source'] } },
  test: { name, root, include: ['**/*.test.{ts,tsx}'], testTimeout: 20_000, hookTimeout: 60_000, ...extra },
})

export default defineConfig({
  test: {
    projects: [
      project('core', './packages/core'),
      project('react', './packages/react', { environment: 'happy-dom' }),
      project('vue', './packages/vue', { environment: 'happy-dom' }),
      project('local-ably', './packages/local-ably'),
      project('demo', './demo'),
      project('e2e', './e2e', { testTimeout: 120_000, hookTimeout: 180_000, fileParallelism: false }),
    ],
  },
})
