// What is not used does not arrive: each export is bundled alone, and the files that came with it are judged.
import { weigh } from './bundle.mjs'
import { presentEntries } from './workspace.mjs'

/** By entry, and by export where it matters: files that must not come with it (the beginning of their paths). */
const never = {
  '@rejoin/core': {
    '*': ['packages/agent/', 'packages/core/src/ai-'],
    createSession: reader(
      'past/letGo',
      'past/rewind',
      'past/rowReader',
      'past/seed',
      'session/citationSource',
      'view/',
    ),
    createReader: reader(
      'past/seed',
      'past/rewind',
      'past/rowReader',
      'response/citation',
      'response/rows',
      'response/transcript',
      'response/shelf',
      'response/repl',
      'response/fate.',
      'response/promptTexts',
      'response/deliver',
      'response/toolPart',
      'response/decisions',
      'protocol/partialJson',
      'response/valuePart',
      'session/citation',
      'view/',
      'session/session.',
      'session/publisher',
      'session/presence',
      'session/features',
      'session/queue',
      'wire/promptStatus',
      'wire/promptTexts',
      'wire/tools',
      'wire/values',
    ),
    history: reader('session/', 'store/', 'response/', 'wire/'),
    rewind: reader('session/', 'store/', 'response/', 'wire/'),
    seed: reader('session/', 'store/', 'response/', 'wire/'),
    perFrame: reader('session/', 'store/store', 'response/', 'wire/', 'types/errors'),
    documented: reader('session/', 'store/', 'response/'),
    RejoinError: reader('session/', 'store/', 'response/', 'wire/'),
    ErrorCode: reader('session/', 'store/', 'response/', 'wire/'),
  },
  '@rejoin/agent': {
    '*': [...reader('session/', 'store/', 'response/', 'wire/', 'past/'), 'packages/agent/src/providers/'],
  },
  '@rejoin/core/ai-sdk': {
    '*': ['packages/agent/', ...reader('ai-transport/', 'session/session.', 'store/')],
  },
  '@rejoin/core/ai-transport': {
    '*': ['packages/agent/', ...reader('ai-sdk/', 'session/session.', 'store/')],
  },
  '@rejoin/agent/providers/ai-sdk': mapper('openai', 'anthropic', 'google', 'langgraph'),
  '@rejoin/agent/providers/langgraph': mapper('openai', 'anthropic', 'google', 'ai-sdk'),
  '@rejoin/agent/providers/openai': mapper('anthropic', 'google', 'ai-sdk', 'langgraph'),
  '@rejoin/agent/providers/openai-compatible': mapper('anthropic', 'google', 'ai-sdk', 'langgraph'),
  '@rejoin/agent/providers/anthropic': mapper('openai', 'google', 'ai-sdk', 'langgraph'),
  '@rejoin/agent/providers/google': mapper('openai', 'anthropic', 'ai-sdk', 'langgraph'),
  '@rejoin/inspector': { '*': ['packages/core/'] },
  '@rejoin/react': { useMessages: ['packages/react/src/useResponse', 'packages/react/src/usePrompt'] },
  '@rejoin/svelte': { useMessages: ['packages/svelte/src/useResponse', 'packages/svelte/src/usePrompt'] },
  '@rejoin/vue': { useMessages: ['packages/vue/src/useResponse', 'packages/vue/src/usePrompt'] },
}

/** A mapper comes without the agent and without the others. */
function mapper(...others) {
  const folders = [
    'prompts/',
    'response/',
    'publish/',
    'exit/',
    'agent.',
    ...others.map((name) => `providers/${name}`),
  ]
  return { '*': folders.map((path) => `packages/agent/src/${path}`) }
}

function reader(...files) {
  return files.map((file) => `packages/core/src/${file}`)
}

/** Returns how many exports were judged, and what is wrong with them. */
export async function shakes(all) {
  const failures = []
  let proofs = 0
  for (const pkg of Object.values(all)) {
    // A command is for Node: no page loads it.
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
