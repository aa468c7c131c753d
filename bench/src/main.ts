// `pnpm bench [--only reader,peers,...] [--quick] [--json FILE]`
import { parseArgs } from 'node:util'
import { measureHydration } from './hydration.ts'
import { measureMemory } from './memory.ts'
import { measurePeers } from './peers.ts'
import { Report } from './report.ts'
import { measureReader } from './reader.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: { only: { type: 'string' }, quick: { type: 'boolean' }, json: { type: 'string' } },
})
const grid = values.quick
  ? { tokens: [1_000, 10_000], messages: [10, 1_000] }
  : { tokens: [1_000, 10_000, 100_000], messages: [10, 1_000, 10_000] }

const sections: Record<string, (report: Report) => Promise<void>> = {
  reader: (report) => measureReader(report, grid),
  peers: (report) => measurePeers(report, { tokens: [1_000, 10_000], messages: [10, 1_000] }),
  hydration: measureHydration,
  memory: measureMemory,
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
if (values.json) report.write(values.json)
