import type { ResponseState, Session, ToolPart } from '@rejoin/core'
import { h, icon } from '../common/dom.ts'
import type { Item, View } from '../common/items.ts'
import { clientTools, describeTool, isClientTool, locate } from '../common/tools.ts'

/** A tool call as a card; where a person is asked, with buttons. */
export class ToolCard {
  readonly element = h('div')
  readonly #session: Session
  #part: ToolPart | undefined
  #open: boolean | undefined
  #decision: HTMLElement | undefined

  constructor(session: Session) {
    this.#session = session
  }

  update(item: Item, _view: View, response: ResponseState): void {
    const { part } = item as Extract<Item, { kind: 'tool' }>
    const open = response.status === 'streaming'
    if (part === this.#part && open === this.#open) return
    this.#part = part
    this.#open = open
    const tool = part.type.slice('tool-'.length)
    // A card that somebody has unfolded stays so.
    const unfolded = this.element.querySelector('details')?.open ?? false
    const card =
      open && part.state === 'approval-requested'
        ? this.#approval(part, tool, response.id)
        : open && part.state === 'input-available' && isClientTool(tool)
          ? this.#question(part, tool, response.id)
          : details(part, tool, open, unfolded)
    this.element.replaceChildren(card)
  }

  #approval(part: ToolPart, tool: string, responseId: string): HTMLElement {
    const { name, state, input } = describeTool(part, true)
    const decide = (approved: boolean) => () =>
      this.#session.addToolApprovalResponse({ responseId, toolCallId: part.toolCallId, approved })
    return h(
      'section',
      { class: 'card asks', 'data-tool': tool, 'data-state': part.state, 'aria-label': `${name}: approval` },
      h(
        'div',
        { class: 'head' },
        icon('warning'),
        h('span', { class: 'name' }, name),
        h('span', { class: 'state' }, state),
      ),
      h('div', { class: 'detail' }, h('pre', { tabindex: 0 }, input)),
      // The same buttons, however often the card is told anew: once pressed, they stay so.
      (this.#decision ??= choices(['Approve', decide(true)], ['Reject', decide(false)])),
    )
  }

  #question(part: ToolPart, tool: keyof typeof clientTools, responseId: string): HTMLElement {
    const { question, yes, no } = clientTools[tool]
    const answer = (outcome: { output: unknown } | { errorText: string }) =>
      this.#session.addToolOutput({ responseId, toolCallId: part.toolCallId, tool, ...outcome })
    const share = () =>
      locate()
        .then(
          (output) => ({ output }),
          (error: Error) => ({ errorText: error.message }),
        )
        .then(answer)
    return h(
      'section',
      { class: 'card asks', 'data-tool': tool, 'data-state': part.state, 'aria-label': question },
      h('div', { class: 'head' }, icon('pin'), h('span', { class: 'name' }, question)),
      choices([yes, share], [no, () => answer({ errorText: 'the person declined' })]),
    )
  }
}

/** Buttons of which one is pressed once; if that fails, they come back with the reason. */
function choices(...options: [label: string, run: () => Promise<unknown>][]): HTMLElement {
  const problem = h('p', { class: 'question', role: 'alert', hidden: true })
  const buttons = options.map(([label, run], at) =>
    h(
      'button',
      {
        type: 'button',
        class: at === 0 ? 'button first' : 'button',
        onclick: () => {
          for (const button of buttons) button.disabled = true
          run().catch((error: Error) => {
            for (const button of buttons) button.disabled = false
            problem.textContent = error.message
            problem.hidden = false
          })
        },
      },
      label,
    ),
  )
  return h('div', {}, h('div', { class: 'choices' }, ...buttons), problem)
}

function details(part: ToolPart, tool: string, open: boolean, unfolded: boolean): HTMLElement {
  const { name, about, state, busy, input, output } = describeTool(part, open)
  const percent = busy ? part.progress?.percentComplete : undefined
  return h(
    'details',
    { class: 'card', 'data-tool': tool, 'data-state': part.state, 'data-busy': String(busy), open: unfolded },
    h(
      'summary',
      {},
      icon('tool'),
      h('span', { class: 'name' }, name),
      h('span', { class: 'about' }, about),
      h('span', { class: 'state' }, state),
      percent !== undefined && h('progress', { max: 100, value: percent, 'aria-label': `${name}: progress` }),
    ),
    h(
      'div',
      { class: 'detail' },
      input !== '' && h('h4', {}, 'Input'),
      input !== '' && h('pre', { tabindex: 0 }, input),
      output !== '' && h('h4', {}, part.errorText ? 'Error' : 'Output'),
      output !== '' && h('pre', { tabindex: 0 }, output),
    ),
  )
}
