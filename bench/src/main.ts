// `pnpm bench [--only reader,peers,...] [--quick] [--json FILE]`
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Report } from './report.ts'

// Before React and Vue are imported: they decide by it which build to be.
process.env.NODE_ENV = 'production'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean' },
    json: { type: 'string' },
    // The file for the figures of one section of a longer run.
    collect: { type: 'string' },
  },
})
const smallGrid = { tokens: [1_000, 10_000], messages: [10, 1_000] }
const isQuick = values.quick ?? false
const grid = isQuick ? smallGrid : { tokens: [1_000, 10_000, 100_000], messages: [10, 1_000, 10_000] }

/** Each is loaded when its turn comes. */
const sections: Record<string, (report: Report) => Promise<void>> = {
  reader: async (report) => (await import('./reader.ts')).measureReader(report, grid, isQuick),
  peers: async (report) => (await import('./peers.ts')).measurePeers(report, smallGrid, isQuick),
  hydration: async (report) => (await import('./hydration.ts')).measureHydration(report, isQuick),
  conversation: async (report) => (await import('./conversation.ts')).measureConversation(report, isQuick),
  scale: async (report) => (await import('./scale.ts')).measureScale(report, isQuick),
  tools: async (report) => (await import('./tools.ts')).measureTools(report, isQuick),
  memory: async (report) => (await import('./memory.ts')).measureMemory(report),
  agent: async (report) => (await import('./agent.ts')).measureAgent(report),
  fanout: async (report) => (await import('./fanout.ts')).measureFanout(report, isQuick),
  host: async (report) => (await import('./host.ts')).measureHost(report),
  browser: async (report) => (await import('./browser.ts')).measureBrowser(report, isQuick),
  phone: async (report) => (await import('./phone/phone.ts')).measurePhone(report, isQuick),
  renders: async (report) => (await import('./renders.ts')).measureRenders(report, isQuick),
}

const wanted = values.only?.split(',') ?? Object.keys(sections)
const report = new Report()
for (const name of wanted) {
  const section = sections[name]
  if (!section) throw new Error(`unable to measure "${name}"; there are ${Object.keys(sections).join(', ')}`)
  if (wanted.length > 1) take(name)
  else {
    console.error(name)
    await section(report)
  }
}
if (values.collect) report.hand(values.collect)
else report.print()
// Relative to the caller's folder: the script runs in its own.
if (values.json) report.write(resolve(process.env.INIT_CWD ?? '.', values.json))

/** In a process of its own: the modules, compiled code and objects of one section must not slow another. */
function take(name: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'rejoin-bench-'))
  const collected = join(folder, 'figures.json')
  const quick = values.quick ? ['--quick'] : []
  const args = [...process.execArgv, process.argv[1]!, '--only', name, '--collect', collected, ...quick]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  // The figures of the other sections are printed all the same.
  if (status === 0) report.take(readFileSync(collected, 'utf8'))
  else {
    report.notes.push(`"${name}" is missing: it ended with status ${status}`)
    process.exitCode = 1
  }
  rmSync(folder, { recursive: true })
}
