import type { OutgoingPrompt } from '@rejoin/core'
import { describeWaiting } from '../common/activity.ts'
import { AnswerView } from '../common/answer/answerView.ts'
import { ComposerView } from '../common/composer/composerView.ts'
import { h } from '../common/dom.ts'
import { goOn } from '../common/goOn.ts'
import { HeaderView } from '../common/header/headerView.ts'
import { hintOf } from '../common/ideas.ts'
import { enter } from '../common/presence.ts'
import { PromptView } from '../common/prompt/promptView.ts'
import { firstRows, type RowRef } from '../common/rows.ts'
import type { Stage } from '../common/stage.ts'
import { WelcomeView } from '../common/welcome.ts'
import { Row } from './row.ts'

/** A whole chat without a framework: a session, its getters and its subscriptions. */
export function startChat(element: HTMLElement, stage: Stage): () => void {
  const { connection, conversation, config, activity } = stage
  const { session } = connection
  const rows = new Map<string, Row>()
  const read = firstRows()
  let ready = false

  const top = h('header')
  const older = h('div', { class: 'older' })
  const welcome = h('section', { hidden: true })
  const list = h('ol', { 'aria-label': 'Messages' })
  const waiting = h('p', { class: 'waiting', role: 'status', hidden: true })
  const notice = h('div', { class: 'notice', role: 'alert', hidden: true })
  const thread = h('div', { class: 'thread' }, older, welcome, list, waiting, notice)
  const scroller = h('div', { class: 'scroll', tabindex: -1 }, thread)
  const latest = h('button', { type: 'button', class: 'latest', hidden: true }, 'Jump to end')
  const bottom = h('div')
  const front = h('div', { class: 'front', 'data-hydrated': 'false' }, top, scroller, latest, bottom)
  element.append(front)

  const send = (message: OutgoingPrompt) => {
    end.scrollToEnd()
    // A prompt that does not get through says so in its own line.
    session.sendMessage(message).catch(() => {})
  }
  const stop = () => void session.stopAll().catch(() => {})
  const end = Rejoin.createStickToEnd()
  end.scroller(scroller)
  latest.addEventListener('click', end.scrollToEnd)
  const header = new HeaderView(top, stage)
  const composer = new ComposerView(bottom, { activity, hint: hintOf(config), send, stop })
  const empty = new WelcomeView(welcome, (text) => send({ text }))
  // Loads older messages when the top comes near, and keeps the visible ones in place.
  const past = Rejoin.createOlder(session)
  const turns = Rejoin.createTurns(session)
  past.sentinel(older)

  function update(): void {
    const { status, error, hasOlder, agents } = session.getSnapshot()
    const shown = turns.getSnapshot()
    older.textContent = hasOlder ? 'Loading older messages…' : ''
    welcome.hidden = !ready || shown.length > 0 || error !== undefined
    notice.hidden = error === undefined
    notice.textContent = error?.message ?? ''
    const words = describeWaiting(activity.get(), agents.length)
    waiting.hidden = words === ''
    if (waiting.textContent !== words) waiting.textContent = words
    showRows(read(shown, ready, status))
  }

  function showRows(refs: readonly RowRef[]): void {
    const wanted = new Set(refs.map(({ key }) => key))
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue
      row.close()
      rows.delete(key)
    }
    let previous: Element | null = null
    for (const ref of refs) {
      let row = rows.get(ref.key)
      if (!row) rows.set(ref.key, (row = ref.role === 'user' ? promptRow() : answerRow()))
      row.update(ref)
      const place: Element | null = previous ? previous.nextElementSibling : list.firstElementChild
      if (place !== row.element) list.insertBefore(row.element, place)
      previous = row.element
    }
  }

  function promptRow(): Row {
    const view = (node: HTMLElement) => new PromptView(node, session)
    return new Row('div', view, session.subscribe, ({ id, branch, answers }) => {
      const prompt = session.getPrompt(id)
      return prompt && { prompt, branch, answers, status: session.getSnapshot().status }
    })
  }

  function answerRow(): Row {
    const { regenerate, selectBranch } = session
    const actions = { regenerate, selectBranch, goOn: goOn(session) }
    const view = (node: HTMLElement) => new AnswerView(node, stage, actions)
    const subscribe = (changed: () => void, id: string) => session.subscribeResponse(id, changed)
    return new Row('article', view, subscribe, ({ id, branch }) => {
      const response = session.getResponse(id)
      return response && { response, branch }
    })
  }

  const begin = () => {
    ready = true
    update()
    front.dataset.hydrated = 'true'
  }
  session.ready.then(begin, begin)
  const stops = [
    session.subscribe(update),
    activity.subscribe(update),
    enter(connection, `ai:${conversation.id}`),
    () => past.sentinel(null),
    () => [header, composer, empty].forEach((view) => view.dispose()),
    end.subscribe(() => (latest.hidden = end.getSnapshot())),
    () => end.scroller(null),
  ]
  update()
  return () => {
    for (const stopOne of stops) stopOne()
    for (const row of rows.values()) row.close()
    front.remove()
  }
}
