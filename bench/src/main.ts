// `pnpm bench [--only reader,peers,...] [--quick] [--json FILE]`
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Report } from './report.ts'

// Before React and Vue are imported: they decide by it which build to be.
process.env.NODE_ENV = 'production'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: { only: { type: 'string' }, quick: { type: 'boolean' }, json: { type: 'string' } },
})
const smallGrid = { tokens: [1_000, 10_000], messages: [10, 1_000] }
const grid = values.quick ? smallGrid : { tokens: [1_000, 10_000, 100_000], messages: [10, 1_000, 10_000] }

/** Each is loaded when its turn comes, so that none weighs on another: `renders` puts up a document. */
const sections: Record<string, (report: Report) => Promise<void>> = {
  reader: async (report) => (await import('./reader.ts')).measureReader(report, grid),
  peers: async (report) => (await import('./peers.ts')).measurePeers(report, smallGrid),
  hydration: async (report) => (await import('./hydration.ts')).measureHydration(report),
  memory: async (report) => (await import('./memory.ts')).measureMemory(report),
  agent: async (report) => (await import('./agent.ts')).measureAgent(report),
  browser: async (report) => (await import('./browser.ts')).measureBrowser(report),
  renders: async (report) => (await import('./renders.ts')).measureRenders(report),
}

const wanted = values.only?.split(',') ?? Object.keys(sections)
const report = new Report()
for (const name of wanted) {
  const section = sections[name]
  if (!section) throw new Error(`unable to measure "${name}"; there are ${Object.keys(sections).join(', ')}`)
  console.error(name)
  await section(report)
}
report.print()
// Beside whoever called: the script runs in its own folder.
if (values.json) report.write(resolve(process.env.INIT_CWD ?? '.', values.json))
