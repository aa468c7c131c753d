import { startDemo } from './demo.ts'

/** Builds the pages as the README's command does, once, so that the tests beside each other share them. */
export default async function setup(): Promise<void> {
  const demo = await startDemo()
  await demo.stop()
  process.env.DEMO_SKIP_BUILD = '1'
}
