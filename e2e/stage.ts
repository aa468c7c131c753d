import { afterAll, beforeAll, beforeEach } from 'vitest'
import { launch, person, type Browser } from './browser.ts'
import { startDemo, type Demo } from './demo.ts'

type Options = Parameters<typeof person>[1]

/** A browser for the tests of one file. Returns how somebody comes to it. */
export function useBrowser(): (options?: Options) => ReturnType<typeof person> {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())
  return (options) => person(browser, options)
}

/** A demo for the tests of one file. Before each test, its model is told to go on. */
export function useDemo(settings?: NodeJS.ProcessEnv): Demo & { restart(): Promise<void> } {
  let demo: Demo
  const start = async () => {
    demo = await startDemo(settings)
  }
  beforeAll(start)
  beforeEach(() => demo.model.goOn())
  afterAll(() => demo?.stop())
  return {
    get url() {
      return demo.url
    },
    get model() {
      return demo.model
    },
    output: () => demo.output(),
    stop: () => demo.stop(),
    restart: async () => {
      await demo.stop()
      await start()
    },
  }
}
