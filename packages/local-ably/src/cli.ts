#!/usr/bin/env node
import { startLocalAbly } from './server.ts'
import { help, readArguments } from './cliArguments.ts'
import { logLine } from './logLine.ts'

// The last resort: an error that no handler caught is logged, and the server goes on.
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error: unknown) => {
    process.stderr.write(
      `local-ably: uncaught error; ${error instanceof Error ? error.stack : String(error)}\n`,
    )
  })
}

async function main(): Promise<void> {
  const { verbose, help: wantsHelp, ...options } = readArguments(process.argv.slice(2))
  if (wantsHelp) {
    process.stdout.write(help)
    return
  }
  const server = await startLocalAbly({
    ...options,
    ...(verbose ? { log: (event) => process.stdout.write(`${logLine(event)}\n`) } : {}),
  })
  process.stdout.write(
    `local-ably on ${server.url}\n\n` +
      `  new Ably.Realtime(${JSON.stringify(server.clientOptions)})\n\n` +
      `  look at ${server.url}/ · stop with Ctrl+C\n\n`,
  )
  const stop = () => void server.close().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
