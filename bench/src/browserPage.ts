import type { ResponseRow, Session } from '@rejoin/core'
import { createSession } from '@rejoin/core'
import { SessionProvider, useMessages, useResponse } from '@rejoin/react'
import type { ClientOptions, RealtimeChannel, RealtimeClient } from 'ably'
import { BaseRealtime, FetchRequest, Rest, WebSocketTransport } from 'ably/modular'
import { createElement, memo } from 'react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { showReact } from './reactAlone.ts'
import { useChatPage } from '../peers/src/useChatReact.ts'

/** Who puts the text on the page; `appended`: Rejoin without React, a text node that takes what was appended. */
export type Shown = 'rejoin' | 'appended' | 'bare' | 'react'

/** What the benchmark calls in the page. */
export interface BrowserPage {
  /** Shows a conversation of `rows`. Without `shown`: with Rejoin in React and, bare, what the SDK delivers. */
  showChannel(options: ClientOptions, channelName: string, rows: number, shown?: Shown): Promise<void>
  /** Milliseconds from what was written into the text to the frame that showed it. */
  latencies(): { rejoin: number[]; bare: number[] }
  /** Shows a conversation of `rows` with `useChat`, which then gets a token every `pace` milliseconds. */
  showUseChat(rows: number, pace: number): Promise<void>
  streamUseChat(tokens: string[]): Promise<void>
  /** Long tasks since the last call, in milliseconds each. */
  longTasks(): number[]
}

const add = (id: string) => {
  const element = document.createElement('div')
  element.id = id
  return document.body.appendChild(element)
}

const seen = { rejoin: [] as number[], bare: [] as number[] }

/** After every frame has been painted: which of the times written into the texts are on the screen since then? */
function watchFrames(shown: Record<keyof typeof seen, () => string>): void {
  const { port1, port2 } = new MessageChannel()
  const length = { rejoin: 0, bare: 0 }
  port1.onmessage = () => {
    const now = performance.timeOrigin + performance.now()
    for (const who of ['rejoin', 'bare'] as const) {
      const text = shown[who]()
      const times = text.slice(length[who], text.lastIndexOf(' ') + 1).match(/\d+\.\d+/g) ?? []
      length[who] = text.lastIndexOf(' ') + 1
      for (const time of times) seen[who].push(now - Number(time))
    }
  }
  const frame = () => {
    port2.postMessage(0)
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

const Row = memo(function Row({ id }: { id: string }) {
  return createElement('p', { id }, useResponse(id)?.text)
})

function List(): ReactNode {
  return useMessages().map(({ id }) => createElement(Row, { key: id, id }))
}

async function openSession(
  client: RealtimeClient,
  channelName: string,
  rows: ResponseRow[],
): Promise<Session> {
  const session: Session = createSession({
    client,
    channelName,
    presence: false,
    hydrate: { load: (past) => Promise.resolve(past.applyRows(rows)) },
  })
  await session.ready
  return session
}

function showInReact(session: Session): void {
  createRoot(add('rejoin')).render(createElement(SessionProvider, { session }, createElement(List)))
}

/** Paragraphs of one text node each, made when they are asked for. */
class TextNodes {
  readonly #root: HTMLElement
  readonly #nodes = new Map<string, Text>()

  constructor(root: HTMLElement) {
    this.#root = root
  }

  get(id: string): Text | undefined {
    return this.#nodes.get(id)
  }

  of(id: string): Text {
    const known = this.#nodes.get(id)
    if (known) return known
    const node = document.createTextNode('')
    const paragraph = this.#root.appendChild(document.createElement('p'))
    paragraph.id = id
    paragraph.appendChild(node)
    this.#nodes.set(id, node)
    return node
  }
}

/** As a page shows a session without a framework. */
function showAppended(session: Session): void {
  const nodes = new TextNodes(add('appended'))
  const follow = (id: string) => {
    const node = nodes.of(id)
    const draw = () => (node.data = session.getResponse(id)?.text ?? '')
    draw()
    session.subscribeResponse(id, (changes) => {
      for (const change of changes)
        if ('appended' in change) node.appendData(change.appended)
        else if ('replaced' in change) return void draw()
    })
  }
  const show = () => {
    for (const { id } of session.getSnapshot().messages) if (!nodes.get(id)) follow(id)
  }
  session.subscribe(show)
  show()
}

/** The least that a page can do: each message that arrives is added to a text node. */
async function showBare(channel: RealtimeChannel, rows: ResponseRow[]): Promise<TextNodes> {
  const nodes = new TextNodes(add('bare'))
  for (const { id, text } of rows) nodes.of(id).data = text ?? ''
  await channel.subscribe('response', ({ data, extras }) => {
    const { responseId } = (extras as { headers: { responseId: string } }).headers
    nodes.of(responseId).appendData((data as string | undefined) ?? '')
  })
  return nodes
}

/** Tells, after each frame that shows something new, how many characters there are by then. */
async function tellFrames(channel: RealtimeChannel): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  let heard = 0
  let isAsked = false
  port1.onmessage = ({ data }) =>
    (window as unknown as { tellShown(heard: string): void }).tellShown(String(data))
  const frame = () => {
    isAsked = false
    port2.postMessage(heard)
  }
  await channel.subscribe('response', ({ data }) => {
    heard += (data as string | undefined)?.length ?? 0
    if (isAsked) return
    isAsked = true
    requestAnimationFrame(frame)
  })
}

const tasks: number[] = []
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) tasks.push(duration)
}).observe({ type: 'longtask' })

let chat: Awaited<ReturnType<typeof useChatPage>> | undefined

const page: BrowserPage = {
  async showChannel(options, channelName, count, shown) {
    const plugins = { WebSocketTransport, FetchRequest, Rest }
    const client = new BaseRealtime({ ...options, plugins })
    const rows = Array.from({ length: count }, (_, i): ResponseRow => ({
      id: `past-${i}`,
      role: 'assistant',
      text: 'An earlier answer.',
      createdAt: i + 1,
    }))
    const channel = client.channels.get(channelName)
    if (shown === 'react') await showReact(channel, rows, add('react'))
    else if (shown === 'bare') await showBare(channel, rows)
    else {
      const session = await openSession(client, channelName, rows)
      if (shown === 'appended') showAppended(session)
      else showInReact(session)
    }
    if (shown) return tellFrames(channel)
    const nodes = await showBare(channel, [])
    const last = () => document.getElementById('r0')?.textContent ?? ''
    watchFrames({ rejoin: last, bare: () => nodes.get('r0')?.data ?? '' })
  },
  latencies: () => seen,
  async showUseChat(rows, pace) {
    chat = await useChatPage(rows, add('chat'), () => new Promise((resolve) => setTimeout(resolve, pace)))
  },
  streamUseChat: (tokens) => chat!.stream(tokens)(),
  longTasks: () => tasks.splice(0),
}

Object.assign(window, { page })
