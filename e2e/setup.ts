import { startDemo } from './demo.ts'

/** Builds the pages once, with the command of the README; all test files share them. */
export default async function setup(): Promise<void> {
  const demo = await startDemo()
  await demo.stop()
  process.env.DEMO_SKIP_BUILD = '1'
}
