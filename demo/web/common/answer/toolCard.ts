import type { ResponseState, Session } from '@rejoin/core'
import { h, icon } from '../dom.ts'
import type { AnyTool, Item } from '../items.ts'
import { codeBlock, onCopy } from '../markdown/code.ts'
import { patch } from '../patch.ts'
import { asks, clientTools, describeTool, isClientTool, locate, toolName, type ToolField } from '../tools.ts'
import type { ItemView } from './answerView.ts'
import { choices } from './choices.ts'

/** A tool call as a card: what it is about and how far it is. Where a person is asked, with buttons. */
export class ToolCard implements ItemView {
  readonly element = h('div')
  readonly #session: Session
  readonly #details = h('details', { class: 'card' })
  readonly #body = h('div', { class: 'detail' })
  readonly #summary = h('summary')
  #part: AnyTool | undefined
  #open: boolean | undefined
  #responseId = ''
  #decision: HTMLElement | undefined

  constructor(session: Session) {
    this.#session = session
    this.#details.append(this.#summary, this.#body)
    this.element.addEventListener('click', onCopy)
  }

  update(item: Item, response: ResponseState): void {
    if (item.kind !== 'tool') return
    const { part } = item
    const open = response.status === 'streaming' || response.status === 'suspended'
    if (part === this.#part && open === this.#open) return
    this.#part = part
    this.#open = open
    this.#responseId = response.id
    this.#show()
  }

  #show(): void {
    const part = this.#part!
    const open = this.#open!
    if (!open || !asks(part)) return this.#showDetails(part, open)
    this.#replace(() =>
      part.state === 'approval-requested'
        ? this.#approval(part, this.#responseId)
        : this.#question(part, this.#responseId),
    )
  }

  #showDetails(part: AnyTool, open: boolean): void {
    const { name, about, state, busy, input, output } = describeTool(part, open)
    const percent = busy ? part.progress?.percentComplete : undefined
    const writing = open && part.state === 'input-streaming'
    Object.assign(this.#details.dataset, { tool: toolName(part), state: part.state, busy: String(busy) })
    const summary = h(
      'div',
      {},
      icon('tool'),
      h('span', { class: 'name' }, name),
      h('span', { class: 'about', dir: 'auto' }, about),
      h('span', { class: 'state' }, state),
      percent !== undefined && h('progress', { max: 100, value: percent, 'aria-label': `${name}: progress` }),
    )
    patch(this.#summary, summary)
    const label = part.errorText ? 'Error' : 'Output'
    patch(
      this.#body,
      h(
        'div',
        {},
        ...input.map((one) => field(one, writing)),
        ...(output === '' ? [] : [field({ label, text: output })]),
      ),
    )
    // Code that is being written is worth watching.
    if (writing && input.some(({ language }) => language)) this.#details.open = true
    if (writing) for (const pre of this.#body.querySelectorAll('pre')) pre.scrollTop = pre.scrollHeight
    if (this.element.firstChild !== this.#details) this.#replace(() => this.#details)
  }

  /** The keyboard's focus stays at its button, or else at the card. */
  #replace(make: () => HTMLElement): void {
    const focused = document.activeElement as HTMLElement | null
    const hadFocus = this.element.contains(focused)
    const card = make()
    this.element.replaceChildren(card)
    if (hadFocus) (card.contains(focused) ? focused! : this.#summary).focus({ preventScroll: true })
  }

  #approval(part: AnyTool, responseId: string): HTMLElement {
    const { name, state, input } = describeTool(part, true)
    const decide = (approved: boolean) => () =>
      this.#session.addToolApprovalResponse({ responseId, toolCallId: part.toolCallId, approved })
    return h(
      'section',
      { ...this.#data(part), 'aria-label': `${name}: approval` },
      h(
        'div',
        { class: 'head' },
        icon('warning'),
        h('span', { class: 'name' }, `${name}?`),
        h('span', { class: 'state' }, state),
      ),
      h('div', { class: 'detail' }, ...input.map((one) => field(one))),
      // Keep the same buttons when the card updates: once pressed, they stay pressed.
      (this.#decision ??= choices(['Approve', decide(true)], ['Reject', decide(false)])),
    )
  }

  /** A tool that runs here, in the browser, if the person agrees. */
  #question(part: AnyTool, responseId: string): HTMLElement {
    const name = toolName(part)
    const { question, yes, no, declined } = clientTools[isClientTool(name) ? name : 'get_location']
    const answer = (outcome: { output: unknown } | { errorText: string }) =>
      this.#session.addToolOutput({ responseId, toolCallId: part.toolCallId, tool: name, ...outcome })
    const share = () =>
      locate()
        .then(
          (output) => ({ output }),
          (error: Error) => ({ errorText: error.message }),
        )
        .then(answer)
    return h(
      'section',
      { ...this.#data(part), 'aria-label': question },
      h('div', { class: 'head' }, icon('pin'), h('span', { class: 'name' }, question)),
      (this.#decision ??= choices([yes, share], [no, () => answer({ errorText: declined })])),
    )
  }

  #data(part: AnyTool) {
    return { class: 'card asks', 'data-tool': toolName(part), 'data-state': part.state }
  }
}

/** A short value beside its name, code or more than a line below it. */
function field({ label, text, language }: ToolField, growing = false): HTMLElement {
  const value = language
    ? codeBlock({ info: language, content: text }, { growing })
    : text.includes('\n') || text.length > 80
      ? h('pre', { tabindex: 0, dir: 'auto' }, text)
      : h('span', { class: 'value', dir: 'auto' }, text)
  return h('div', { class: 'field' }, h('span', { class: 'label' }, label), value)
}
