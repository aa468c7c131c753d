import * as Ably from 'ably'
import { createSession, history } from '../../src/index.ts'
import type { Row, Session } from '../../src/index.ts'

/** One component for each scenario, under the same name in every framework. */
export type ViewName =
  | 'Conversation'
  | 'Answer'
  | 'Newest'
  | 'Selected'
  | 'Composer'
  | 'Agents'
  | 'Status'
  | 'Gaps'
  | 'Parts'
  | 'Rows'
  | 'Turns'
  | 'Queue'
  | 'Stop'
  | 'End'
  | 'Waiting'
  | 'Older'
  | 'OlderList'
  | 'OlderAtEnd'
  | 'Suspended'
  | 'Created'
  | 'FromRows'

/** What views are given. A framework's binding hands them on as its users would: as props, or as refs. */
export interface ViewProps {
  id?: string
  channel?: string
}

export interface Mounted {
  update(props: ViewProps, session: Session | undefined): void
  unmount(): void
}

export interface MountOptions {
  /** React's StrictMode: everything twice. */
  strict: boolean
  /** A server's markup to hydrate. */
  html: string | undefined
  onError(error: unknown): void
}

/** A framework under test. */
export interface Framework {
  /** Without a session: the view makes one. */
  mount(
    container: Element,
    view: ViewName,
    props: ViewProps,
    session: Session | undefined,
    options: MountOptions,
  ): Mounted | Promise<Mounted>
}

export interface OpenOptions {
  /** `hand`: changes are published by `tick()`. Default: by the page's frames. */
  schedule?: 'hand' | 'frame'
  /** Messages a page of history. */
  limit?: number
  /** As on a server: nothing is connected. */
  offline?: boolean
  clientId?: string
  /** What a server has put into the page. */
  initialRows?: readonly Row[]
}

interface Opened {
  session: Session
  client: Ably.Realtime
  received: number
  listeners: number
  loads: number
}

/** What a server has of a conversation. */
export const oldRows: readonly Row[] = [
  { id: 'p1', role: 'user', text: 'An old question', createdAt: 1 },
  { id: 'r1', role: 'assistant', text: 'An old answer', promptId: 'p1', createdAt: 2 },
]

const renders = new Map<string, number>()

/** Called by a view whenever it renders. */
export function rendered(name: string): void {
  renders.set(name, (renders.get(name) ?? 0) + 1)
}

/** The page under test: sessions of the real SDK, one mounted view, and what can be counted. */
export class Host {
  /** What frameworks complained of, on the console or otherwise. */
  readonly errors: string[] = []
  private readonly framework: Framework
  clientOptions: Ably.ClientOptions
  /** The newest session on each channel, and all that were opened. */
  private readonly opened = new Map<string, Opened>()
  private readonly all: Opened[] = []
  private readonly due = new Set<() => void>()
  private readonly container: Element
  private mounted: Mounted | undefined
  private props: ViewProps = {}
  private current = ''
  private provided = false
  private frames = 0

  constructor(framework: Framework, clientOptions: Ably.ClientOptions) {
    this.framework = framework
    this.clientOptions = clientOptions
    this.container = document.body.appendChild(document.createElement('div'))
    this.countFrames()
    for (const level of ['error', 'warn'] as const) {
      const write = console[level].bind(console)
      console[level] = (...args: unknown[]) => {
        this.errors.push(args.map(String).join(' '))
        write(...args)
      }
    }
  }

  /** Opens a session on a channel; views get it by the channel's name. */
  open(channelName: string, options: OpenOptions = {}): Session {
    const { schedule = 'frame', limit, offline = false, clientId = 'reader', initialRows } = options
    const client = new Ably.Realtime({
      ...this.clientOptions,
      clientId,
      autoConnect: !offline,
      logLevel: 0,
      disconnectedRetryTimeout: 100,
    })
    const session = createSession({
      client,
      channelName,
      initialRows,
      hydrate: history(limit === undefined ? {} : { limit }),
      ...(schedule === 'hand' && { schedule: this.byHand }),
    })
    // One with rows waits for a view to begin it.
    if (!initialRows) session.ready.catch(() => {})
    const opened: Opened = { session, client, received: 0, listeners: 0, loads: 0 }
    this.opened.set(channelName, opened)
    this.all.push(opened)
    client.channels
      .get(channelName)
      .subscribe(() => opened.received++)
      .catch(() => {})
    const { subscribe, subscribeResponse, loadOlder } = session
    session.loadOlder = () => {
      opened.loads++
      return loadOlder()
    }
    const counted = (unsubscribe: () => void) => {
      opened.listeners++
      return () => {
        opened.listeners--
        unsubscribe()
      }
    }
    session.subscribe = (listener) => counted(subscribe(listener))
    session.subscribeResponse = (id, listener) => counted(subscribeResponse(id, listener))
    return session
  }

  session(channelName: string): Session {
    return this.opened.get(channelName)!.session
  }

  /** Messages that have come on a channel. */
  received(channelName: string): number {
    return this.opened.get(channelName)!.received
  }

  /** How often older messages were asked for. */
  loads(channelName: string): number {
    return this.opened.get(channelName)!.loads
  }

  /** Subscriptions to any session that views have not ended. */
  listeners(): number {
    return this.all.reduce((sum, { listeners }) => sum + listeners, 0)
  }

  /** Statuses of all sessions, in the order in which they were opened. */
  statuses(): string[] {
    return this.all.map(({ session }) => session.getSnapshot().status)
  }

  /** Connects a session that was opened `offline`. */
  connect(channelName: string): void {
    this.opened.get(channelName)!.client.connect()
  }

  async mount(
    view: ViewName,
    channelName: string,
    options: { props?: ViewProps; strict?: boolean; html?: string } = {},
  ): Promise<void> {
    const { props = {}, strict = false, html } = options
    this.current = channelName
    this.props = props
    this.container.innerHTML = html ?? ''
    // A view that makes its own session finds none.
    this.provided = this.opened.has(channelName)
    this.mounted = await this.framework.mount(this.container, view, props, this.toProvide(), {
      strict,
      html,
      onError: (error) => this.errors.push(String(error)),
    })
  }

  /** Gives the view other props, or a session on another channel. */
  update(props: ViewProps, channelName = this.current): void {
    this.current = channelName
    this.props = { ...this.props, ...props }
    this.mounted!.update(this.props, this.toProvide())
  }

  private toProvide(): Session | undefined {
    return this.provided ? this.session(this.current) : undefined
  }

  unmount(): void {
    this.mounted?.unmount()
    this.mounted = undefined
  }

  /** Without layout: the elements that are observed come into sight. */
  seen(): void {
    StillObserver.see()
  }

  /** Publishes pending snapshots by hand. Returns whether there were any. */
  tick(): boolean {
    const due = [...this.due]
    this.due.clear()
    for (const flush of due) flush()
    return due.length > 0
  }

  /** How often views called `rendered(name)`, all names that begin with it, since the last reset. */
  renders(name: string): number {
    let sum = 0
    for (const [key, count] of renders) if (key === name || key.startsWith(`${name}:`)) sum += count
    return sum
  }

  /** Resets the counts of renders and frames. */
  reset(): void {
    renders.clear()
    this.frames = 0
  }

  /** Animation frames that have passed. */
  framesPassed(): number {
    return this.frames
  }

  /** Closes all sessions and clients. */
  close(): void {
    this.unmount()
    for (const { session, client } of this.all.splice(0)) {
      session.close()
      client.close()
    }
    this.opened.clear()
    this.due.clear()
    StillObserver.reset()
    this.errors.length = 0
    this.container.innerHTML = ''
  }

  private readonly byHand = (flush: () => void) => {
    this.due.add(flush)
    return () => this.due.delete(flush)
  }

  private countFrames(): void {
    requestAnimationFrame(() => {
      this.frames++
      this.countFrames()
    })
  }
}

/** Stands in for IntersectionObserver where there is no layout: a test says when an element is visible. */
export class StillObserver {
  private static readonly all = new Set<StillObserver>()
  /** Something was said to be seen while nothing was observed: the next observer is told. */
  private static owed = false
  private readonly callback: (entries: { isIntersecting: boolean }[]) => void

  constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
    this.callback = callback
  }

  static see(): void {
    StillObserver.owed = StillObserver.all.size === 0
    for (const observer of StillObserver.all) observer.callback([{ isIntersecting: true }])
  }

  static reset(): void {
    StillObserver.all.clear()
    StillObserver.owed = false
  }

  observe(): void {
    StillObserver.all.add(this)
    queueMicrotask(() => {
      if (StillObserver.owed && StillObserver.all.has(this)) StillObserver.see()
      else this.callback([{ isIntersecting: false }])
    })
  }

  disconnect(): void {
    StillObserver.all.delete(this)
  }
}

/** The host of this page: views that make sessions of their own ask it for them. */
export const page: { host?: Host } = {}
