#!/usr/bin/env node
import { help, readArguments } from './arguments.ts'
import { checkAgent } from './check/checkAgent.ts'
import { passes, report } from './check/report.ts'
import { watchChannel } from './watch/watch.ts'

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2), process.env)
  const write = (text: string) => void process.stdout.write(text)
  if (given.verb === 'help') write(help)
  if (given.verb === 'watch') {
    const stop = await watchChannel(given.target, given.channelName, write)
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
    stop()
  }
  if (given.verb !== 'check-agent') return 0
  // The agent ends with this process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2))
  const result = await checkAgent(given.options)
  write(given.json ? `${JSON.stringify(result, null, 2)}\n` : report(result))
  return passes(result) ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
