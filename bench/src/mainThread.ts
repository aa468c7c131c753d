import type { Page } from 'playwright-core'

/** What the main thread of a page did. */
export interface Work {
  /** Seconds. */
  busy: number
  /** How often it laid the page out: once a frame that shows something new. */
  layouts: number
}

/** The main thread of a page, slowed down. */
export class MainThread {
  readonly tab: Page
  readonly #devtools: Devtools
  /** How much was asked for, and how much of it a frame has shown. */
  #wanted = 0
  #shown = 0
  #onShown: () => void = () => {}

  private constructor(tab: Page, devtools: Devtools) {
    this.tab = tab
    this.#devtools = devtools
    devtools.on('Runtime.bindingCalled', ({ payload }) => {
      this.#shown = Number(payload)
      if (this.#shown >= this.#wanted) this.#onShown()
    })
  }

  static async of(tab: Page, rate: number): Promise<MainThread> {
    const devtools = await tab.context().newCDPSession(tab)
    await devtools.send('Runtime.enable')
    await devtools.send('Runtime.addBinding', { name: 'tellShown' })
    await devtools.send('Emulation.setCPUThrottlingRate', { rate })
    // CPU time: what else the machine does is no work of the page.
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
    return new MainThread(tab, devtools)
  }

  /** What the page does meanwhile. */
  async watch(run: () => Promise<unknown>): Promise<Work> {
    const before = await this.#work()
    await run()
    const { busy, layouts } = await this.#work()
    return { busy: busy - before.busy, layouts: layouts - before.layouts }
  }

  /** Resolves when a frame has shown so many more characters. */
  shows(more: number): Promise<void> {
    this.#wanted += more
    return new Promise((resolve) => (this.#onShown = resolve))
  }

  async #work(): Promise<Work> {
    const { metrics } = await this.#devtools.send('Performance.getMetrics')
    const of = (wanted: string) => metrics.find(({ name }) => name === wanted)!.value
    return { busy: of('TaskDuration') - of('DevToolsCommandDuration'), layouts: of('LayoutCount') }
  }
}

type Devtools = Awaited<ReturnType<ReturnType<Page['context']>['newCDPSession']>>
