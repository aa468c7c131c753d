import type { RealtimeChannel } from 'ably'
import { expect } from 'vitest'
import { patience } from '../patience.ts'
import type { Row } from '../../src/index.ts'
import type { Wire } from '../wire/wire.ts'
import type { Host, OpenOptions, ViewName, ViewProps } from './host.ts'

/** Calls a function with the page's host; it must not use anything else from outside itself. */
export type Run = <A, R>(task: (host: Host, argument: A) => R | Promise<R>, argument: A) => Promise<R>

export interface StageOptions {
  /** Elements have sizes and scroll: a real browser. */
  layout: boolean
  /** Views are in React's StrictMode: a render counts twice. */
  strict: boolean
  /** The markup that a server sends for a view. */
  serve(view: ViewName, props: ViewProps, rows?: readonly Row[]): Promise<string>
}

/** What every binding must do, whatever the framework. */
export interface Scenario {
  name: string
  run(stage: Stage): Promise<void>
}

/** A page under test as scenarios see it, and the agent on the other side of the server. */
export class Stage {
  readonly wire: Wire
  readonly options: StageOptions
  readonly run: Run

  constructor(wire: Wire, run: Run, options: StageOptions) {
    this.wire = wire
    this.run = run
    this.options = options
  }

  /** How often a view is called for one render. */
  get rendersEach(): number {
    return this.options.strict ? 2 : 1
  }

  /** An agent on a channel of its own. */
  agent(): Agent {
    const name = this.wire.channelName()
    return new Agent(name, this.wire.client({ clientId: 'agent' }).channels.get(name))
  }

  /** An agent, and a session in the page on its channel. */
  async open(options?: OpenOptions): Promise<Agent> {
    const agent = this.agent()
    await this.join(agent, options)
    return agent
  }

  /** Opens a session in the page on an agent's channel. */
  join({ name }: Agent, options: OpenOptions = {}): Promise<void> {
    return this.run((host, [n, o]) => void host.open(n, o), [name, options] as const)
  }

  /** Connects a session that was opened `offline`. */
  connect({ name }: Agent): Promise<void> {
    return this.run((host, n) => host.connect(n), name)
  }

  /** Waits until the session in the page is hydrated and live. */
  ready({ name }: Agent): Promise<void> {
    return this.run((host, n) => host.session(n).ready, name)
  }

  mount(view: ViewName, { name }: Agent, props: ViewProps = {}, html?: string): Promise<void> {
    const options = { props, strict: this.options.strict, html }
    return this.run((host, [v, n, o]) => host.mount(v, n, o), [view, name, options] as const)
  }

  update(props: ViewProps, agent?: Agent): Promise<void> {
    return this.run((host, [p, n]) => host.update(p, n), [props, agent?.name] as const)
  }

  unmount(): Promise<void> {
    return this.run((host) => host.unmount(), undefined)
  }

  /** The text of the first element that matches; `null` where there is none. */
  text(selector: string): Promise<string | null> {
    return this.run((_, s) => document.querySelector(s)?.textContent ?? null, selector)
  }

  texts(selector: string): Promise<string[]> {
    return this.run(
      (_, s) => Array.from(document.querySelectorAll(s), (element) => element.textContent ?? ''),
      selector,
    )
  }

  click(selector: string): Promise<void> {
    return this.run((_, s) => document.querySelector<HTMLElement>(s)!.click(), selector)
  }

  renders(name: string): Promise<number> {
    return this.run((host, n) => host.renders(n), name)
  }

  listeners(): Promise<number> {
    return this.run((host) => host.listeners(), undefined)
  }

  statuses(): Promise<string[]> {
    return this.run((host) => host.statuses(), undefined)
  }

  /** After every scenario: nothing was complained of, and a view that leaves takes its subscriptions along. */
  async finish(): Promise<void> {
    try {
      await this.unmount()
      // A page that is being loaded is listened for until it is there.
      await this.until('no subscriptions', async () => (await this.listeners()) === 0)
      expect(await this.run((host) => [...host.errors], undefined)).toEqual([])
    } finally {
      await this.run((host) => host.close(), undefined)
      this.wire.release()
    }
  }

  /** Publishes pending snapshots by hand, and lets the framework render. */
  async tick(): Promise<void> {
    await this.run(async (host) => {
      host.tick()
      await new Promise((resolve) => setTimeout(resolve))
    }, undefined)
  }

  /** Waits until the page has received everything that the agent has published. */
  received(agent: Agent): Promise<void> {
    return this.until('what the agent published', async () => {
      const received = await this.run((host, n) => host.received(n), agent.name)
      return received >= agent.published
    })
  }

  /** Waits until an element shows a text. */
  shows(selector: string, text: string): Promise<void> {
    return this.until(
      `${selector} to show ${JSON.stringify(text)}`,
      async () => (await this.text(selector)) === text,
      async () => JSON.stringify(await this.texts(selector)),
    )
  }

  async until(
    what: string,
    check: () => Promise<boolean>,
    describe: () => Promise<string> = () => this.run(() => document.body.innerHTML, undefined),
  ): Promise<void> {
    const deadline = Date.now() + patience
    while (!(await check())) {
      if (Date.now() > deadline) throw new Error(`gave up waiting for ${what}; there is ${await describe()}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** An agent as any language writes one: plain SDK calls, message per token. */
export class Agent {
  readonly name: string
  readonly channel: RealtimeChannel
  /** Messages published while the page listens. */
  published = 0

  constructor(name: string, channel: RealtimeChannel) {
    this.name = name
    this.channel = channel
  }

  async publish(
    name: string,
    responseId: string | undefined,
    data?: unknown,
    more: Record<string, string> = {},
  ) {
    this.published++
    const headers = { ...(responseId !== undefined && { responseId }), ...more }
    await this.channel.publish({ name, data, extras: { headers } })
  }

  /** Publishes fragments of a response, pipelined. */
  async tokens(
    responseId: string,
    fragments: readonly string[],
    headers: Record<string, string> = {},
  ): Promise<void> {
    await Promise.all(fragments.map((data) => this.publish('token', responseId, data, headers)))
  }

  async prompt(promptId: string, text: string, more: object = {}): Promise<void> {
    this.published++
    await this.channel.publish({ id: `${promptId}:0`, name: 'user-input', data: { promptId, text, ...more } })
  }
}
