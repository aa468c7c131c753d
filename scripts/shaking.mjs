// What is not used does not arrive: each export is bundled alone, and the files that came with it are judged.
import { weigh } from './bundle.mjs'
import { presentEntries } from './workspace.mjs'

/** By entry, and by export where it matters: files that must not come with it (the beginning of their paths). */
const never = {
  '@rejoin/core': {
    '*': ['packages/core/src/agent/', 'packages/core/src/providers/', 'packages/core/src/ai-'],
    createSession: reader('hydrate/seed', 'hydrate/rewind', 'citationSource', 'older'),
    createReader: reader(
      'hydrate/seed',
      'hydrate/rewind',
      'citation',
      'older',
      'session.',
      'outbox',
      'presence',
      'row',
      'toolPart',
      'approval',
      'partialJson',
      'valuePart',
      'features',
      'wire/tools',
      'wire/values',
    ),
    history: reader('session', 'store', 'response', 'wire/', 'part'),
    rewind: reader('session', 'store', 'response', 'wire/', 'part'),
    seed: reader('session', 'store', 'response', 'wire/', 'part'),
    perFrame: reader('session', 'store', 'response', 'wire/', 'part', 'errors'),
    documented: reader('session', 'store', 'response', 'part'),
    RejoinError: reader('session', 'store', 'response', 'wire/', 'part'),
    ErrorCode: reader('session', 'store', 'response', 'wire/', 'part'),
  },
  '@rejoin/core/agent': {
    '*': [
      ...reader('session', 'store', 'response.', 'wire/', 'conversation'),
      'packages/core/src/providers/',
    ],
  },
  '@rejoin/core/ai-sdk': { '*': reader('agent/', 'providers/', 'ai-transport/', 'session.', 'store.') },
  '@rejoin/core/ai-transport': { '*': reader('agent/', 'providers/', 'ai-sdk/', 'session.', 'store.') },
  '@rejoin/core/providers/ai-sdk': { '*': ['packages/core/src/agent/', 'packages/core/src/ai-sdk/'] },
  '@rejoin/core/providers/langgraph': { '*': ['packages/core/src/agent/'] },
  '@rejoin/core/providers/openai': {
    '*': ['packages/core/src/providers/anthropic', 'packages/core/src/agent/'],
  },
  '@rejoin/core/providers/anthropic': {
    '*': ['packages/core/src/providers/openai', 'packages/core/src/agent/'],
  },
  '@rejoin/react': { useMessages: ['packages/react/src/useResponse', 'packages/react/src/usePrompt'] },
  '@rejoin/vue': { useMessages: ['packages/vue/src/useResponse', 'packages/vue/src/usePrompt'] },
}

function reader(...files) {
  return files.map((file) => `packages/core/src/${file}`)
}

/** Returns how many exports were judged, and what is wrong with them. */
export async function shakes(all) {
  const failures = []
  let proofs = 0
  for (const pkg of Object.values(all)) {
    // The server is for Node: nobody loads it on a page.
    if (pkg.manifest.bin) continue
    for (const { subpath, source } of presentEntries(pkg)) {
      const entry = pkg.name + subpath.slice(1)
      const external = [...Object.keys(pkg.manifest.peerDependencies ?? {}), 'node:*']
      try {
        proofs += await shake(entry, source, external, failures)
      } catch (error) {
        failures.push(`unable to bundle ${entry}; ${error.message}`)
      }
    }
  }
  return { proofs, failures }
}

/** Judges one entry. Returns how many exports it has. */
async function shake(entry, source, external, failures) {
  const from = JSON.stringify(source)
  const names = await namesOf(source)
  const nothing = await weigh(`import ${from}`, { external })
  if (Object.keys(nothing.modules).length > 0)
    failures.push(`${entry} does work when imported: ${Object.keys(nothing.modules).join(', ')}`)
  for (const name of names) {
    const { modules } = await weigh(`export { ${name} } from ${from}`, { external })
    for (const unwanted of [...(never[entry]?.['*'] ?? []), ...(never[entry]?.[name] ?? [])])
      for (const path of Object.keys(modules))
        if (path.startsWith(unwanted)) failures.push(`${name} of ${entry} brings ${path} with it`)
  }
  return names.length
}

/** The names that an entry exports at run time. */
async function namesOf(source) {
  const { exports } = await weigh(`export * from ${JSON.stringify(source)}`, { packages: 'external' })
  return exports
}
