import { messageOf } from './problem.ts'

/** Logs what no handler caught and goes on: one request must not end everybody's answers. DEBUG=1 shows the stack. */
export function keepRunning(): void {
  const log = (error: unknown) => {
    const stack = process.env.DEBUG ? `\n${(error as Error)?.stack ?? ''}` : ''
    console.error(`demo: an error that nothing handled; ${messageOf(error)}${stack}`)
  }
  process.on('uncaughtException', log)
  process.on('unhandledRejection', log)
}
