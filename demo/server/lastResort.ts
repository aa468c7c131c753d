import { messageOf } from './problem.ts'

/** Logs errors that no handler caught and keeps the server running. DEBUG=1 adds the stack. */
export function keepRunning(): void {
  const log = (error: unknown) => {
    const stack = process.env.DEBUG ? `\n${(error as Error)?.stack ?? ''}` : ''
    console.error(`demo: unhandled error; ${messageOf(error)}${stack}`)
  }
  process.on('uncaughtException', log)
  process.on('unhandledRejection', log)
}
