import { history } from '@rejoin/core'
import type { Deliveries } from '../../packages/core/test/model/deliveries.ts'
import { deliveriesOf, makeTokens, wholeMessage } from '../../packages/core/test/model/deliveries.ts'
import { makeRoot } from './page.ts'
import { interleave } from './interleave.ts'
import { Conversation, short } from './reader.ts'
import type { Renders } from './rendered.ts'
import type { Report } from './report.ts'
import { memberOf, open, PresentChannel } from './scale.ts'

/** A chat on a page: streams one more response into it, and counts. */
interface Chat {
  renders: Renders
  /** Prepares a response of these tokens; what it returns streams it and resolves when it is on the page. */
  stream(tokens: readonly string[]): () => Promise<void>
  root: HTMLElement
}

const TOKENS = 500

/** A chat of ours: `frame` deliveries, then a frame, as `mount` put the session on the page. */
async function rejoin(
  rows: number,
  frame: number,
  mount: (conversation: Conversation, root: HTMLElement, renders: Renders) => void,
  settled: () => Promise<unknown>,
): Promise<Chat> {
  const conversation = await Conversation.with(rows)
  const renders = { list: 0, rows: 0 }
  const root = makeRoot()
  mount(conversation, root, renders)
  await settled()
  let count = 0
  const play = async (deliveries: Deliveries) => {
    const { channel, frames } = conversation
    const all = [...deliveries.first, ...deliveries.tokens, ...deliveries.last]
    for (let i = 0; i < all.length; i++) {
      channel.deliver(all[i]!)
      if (i % frame !== frame - 1) continue
      frames.next()
      await settled()
    }
    frames.next()
    await settled()
  }
  return {
    renders,
    root,
    stream(tokens) {
      const deliveries = deliveriesOf('message-per-response', `row-${++count}`, tokens)
      return () => play(deliveries)
    },
  }
}

/** Counts the rows that render when members come or go. */
async function measurePresence(report: Report, react: typeof import('./rendersReact.ts')): Promise<void> {
  const ROWS = 200
  const CHANGES = 50
  const channel = new PresentChannel()
  channel.past = Array.from({ length: ROWS }, (_, i) => wholeMessage(`row-${i}`, 'An answer.'))
    .flat()
    .reverse()
  const { frames, session } = open(channel, true, undefined, history())
  await session.ready
  // As many rows as are kept in view.
  while (session.getSnapshot().messages.length < ROWS && session.getSnapshot().hasOlder)
    await session.loadOlder()
  frames.next()
  const renders = { list: 0, rows: 0 }
  const root = makeRoot()
  react.mount({ session }, root, renders)
  // React renders a long list in several tasks.
  for (let i = 0; i < 100 && renders.rows < ROWS; i++) await react.settled()
  if (renders.rows < ROWS) throw new Error(`unable to measure presence; ${renders.rows} of ${ROWS} rows show`)
  const before = renders.rows
  for (let i = 0; i < CHANGES; i++) {
    channel.present(memberOf(i))
    frames.next()
    await react.settled()
  }
  if (session.getSnapshot().users.length !== CHANGES)
    throw new Error('unable to measure presence; members are missing')
  const rendered = renders.rows - before
  const column = `${ROWS} rows, ${CHANGES} members come`
  report.add({ section: 'Renders: presence', name: 'rows rendered', column, unit: '', value: rendered })
  report.aim({
    what: `React: rows rendered when presence changes (${column})`,
    ours: String(rendered),
    aim: '0',
    reached: rendered === 0,
  })
  session.close()
}

/** Renders and CPU per token of a list of rows whose last one streams. */
export async function measureRenders(report: Report, isQuick: boolean): Promise<void> {
  // After the page is up: a framework looks for it when it is imported.
  const react = await import('./rendersReact.ts')
  const vue = await import('./rendersVue.ts')
  const useChatReact = await import('../peers/src/useChatReact.ts')
  const useChatVue = await import('../peers/src/useChatVue.ts')
  await measurePresence(report, react)
  const tokens = makeTokens(TOKENS)
  const section = `Renders: a list of rows, ${TOKENS} tokens into the last one`
  for (const rows of isQuick ? [10] : [1, 10, 1_000]) {
    const chats: [string, string | undefined, Chat][] = [
      ['React, 64 deliveries a frame', undefined, await rejoin(rows, 64, react.mount, react.settled)],
      ['React, one delivery a frame', undefined, await rejoin(rows, 1, react.mount, react.settled)],
      ['', 'useChat (React)', await useChatReact.useChatPage(rows, makeRoot())],
      ['Vue, 64 deliveries a frame', undefined, await rejoin(rows, 64, vue.mount, vue.settled)],
      ['Vue, one delivery a frame', undefined, await rejoin(rows, 1, vue.mount, vue.settled)],
      ['', 'useChat (Vue)', await useChatVue.useChatPage(rows, makeRoot())],
    ]
    const starts = new Map<Chat, Renders>()
    const times = await interleave(
      chats.map(([name, peer, chat]) => ({
        name: peer ?? name,
        prepare: () => {
          const run = chat.stream(tokens)
          starts.set(chat, { ...chat.renders })
          return run
        },
      })),
      3,
    )
    chats.forEach(([name, peer, chat], i) => {
      if (!chat.root.textContent?.endsWith(tokens.join('')))
        throw new Error(`unable to measure ${peer ?? name}; the page does not show the text`)
      const { list, rows: rowRenders } = starts.get(chat)!
      const figure = { section, column: `${short(rows)} rows`, peer, details: { rows } }
      report.add({ ...figure, name, unit: 'ns a token', value: times[i]! / TOKENS })
      report.add({ ...figure, name: `${name} list renders`, unit: '', value: chat.renders.list - list })
      report.add({ ...figure, name: `${name} row renders`, unit: '', value: chat.renders.rows - rowRenders })
    })
  }
}
