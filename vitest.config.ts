import { defineConfig } from 'vitest/config'
import { mutants } from './packages/core/test/mutants.ts'

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
