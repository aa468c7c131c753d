import { afterAll, afterEach, beforeAll, beforeEach, test } from 'vitest'
import { launch, person, keepPicture, type Browser, type BrowserContext } from './browser.ts'
import { newDatabase } from './database.ts'
import { startDemo, type Demo, type RunningDemo } from './demo.ts'

type Options = Parameters<typeof person>[1]

/** For how long the server of a demo can resume a lost connection, in milliseconds: longer, or shorter, than any test. */
const memories = { lasting: '120000', forgetful: '1000' }

/** What the files of a worker share, because it takes longer to start than most tests take. It ends with the worker. */
const shared = test
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from it what a fixture needs.
  .extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const browser = await launch()
    onCleanup(() => browser.close())
    return browser
  })
  // oxlint-disable-next-line no-empty-pattern
  .extend('demos', { scope: 'worker' }, ({}, { onCleanup }) => {
    const started = new Map<string, Promise<Demo>>()
    onCleanup(async () => {
      for (const demo of await Promise.allSettled(started.values()))
        if (demo.status === 'fulfilled') await demo.value.stop()
    })
    return (memory: keyof typeof memories): Promise<Demo> => {
      const known = started.get(memory)
      if (known) return known
      const demo = newDatabase().then((url) =>
        startDemo({
          DATABASE_URL: url,
          DEMO_STATE_TTL: memories[memory],
          // An agent that is killed is back at once; tests that need to be without one keep it out.
          DEMO_RESTART_AFTER: '100',
          // Each person has an address of their own. Sign-ins are limited for each address.
          TRUST_PROXY: '1',
        }),
      )
      started.set(memory, demo)
      return demo
    }
  })

/** The worker's browser. Returns how a person opens it; they leave when the test, or the hook's file, ends. */
export function useBrowser(): (options?: Options) => ReturnType<typeof person> {
  let browser: Browser
  let here: BrowserContext[] = []
  shared.beforeAll(({ browser: its }) => {
    browser = its
  })
  beforeEach(() => {
    here = browser.contexts()
  })
  afterEach(async ({ task }) => {
    const guests = browser.contexts().filter((context) => !here.includes(context))
    if (task.result?.state === 'fail') await tell(task.name, guests)
    await Promise.all(guests.map((context) => context.close()))
  })
  afterAll(async () => {
    await Promise.all(browser?.contexts().map((context) => context.close()))
  })
  return (options) => person(browser, options)
}

/** The worker's demo, with a server that remembers lost connections or forgets them. */
export function useDemo(memory: keyof typeof memories = 'lasting'): RunningDemo {
  let demo: Demo
  shared.beforeAll(async ({ demos }) => {
    demo = await demos(memory)
  })
  return staged(() => demo)
}

/** A demo for the tests of one file alone, which they may stop and start again. */
export function useOwnDemo(
  settings?: NodeJS.ProcessEnv,
): RunningDemo & { stop(): Promise<void>; restart(): Promise<void> } {
  let demo: Demo
  const start = async () => {
    demo = await startDemo(settings)
  }
  const stop = () => demo.stop()
  beforeAll(start)
  afterAll(() => demo?.stop())
  const restart = async () => {
    await stop()
    await start()
  }
  return Object.assign(
    staged(() => demo),
    { stop, restart },
  )
}

/** Before each test its model is told to go on, and its agent is let in. `output` is that since the file began. */
function staged(now: () => Demo): RunningDemo {
  let [file, test] = [0, 0]
  beforeAll(() => {
    file = now().output().length
  })
  beforeEach(async () => {
    test = now().output().length
    now().model.letIn()
    await now().model.goOn()
  })
  afterEach(({ task }) => {
    const printed = now().output().slice(test)
    if (task.result?.state === 'fail' && printed)
      console.error(`the demo printed during "${task.name}":\n${printed}`)
  })
  return {
    get url() {
      return now().url
    },
    get model() {
      return now().model
    },
    output: () => now().output().slice(file),
  }
}

/** What the pages of a test that failed show. */
async function tell(test: string, contexts: BrowserContext[]): Promise<void> {
  for (const page of contexts.flatMap((context) => context.pages())) {
    const shown = await page.innerText('body').catch(String)
    console.error(`at the end of "${test}", ${page.url()} showed:\n${shown}`)
    await keepPicture(page, `failed ${test}`).catch(() => {})
  }
}
