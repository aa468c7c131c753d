import type { ResponseState } from '@rejoin/core'
import { copyText, wordsOf } from '../copy.ts'
import { h, icon } from '../dom.ts'
import { factsOf } from '../facts.ts'
import { patch } from '../patch.ts'
import type { Stage } from '../stage.ts'
import { timeElement } from '../time.ts'
import { actOf, versionAfter, versionSwitch } from '../versions.ts'
import type { AnswerActions, ShownAnswer } from './answerView.ts'

/** What is known about an answer, and what can be done with it, in a line below it. */
export class FactsLine {
  readonly element = h('footer', { class: 'facts' })
  readonly #stage: Stage
  readonly #actions: AnswerActions
  readonly #said = h('span', { class: 'said', 'aria-live': 'polite' })
  readonly #acts = h('span', { class: 'acts' })
  #facts = ''
  #acted = ''
  #shown: ShownAnswer | undefined

  constructor(stage: Stage, actions: AnswerActions) {
    this.#stage = stage
    this.#actions = actions
    this.element.append(this.#said, this.#acts)
    this.#acts.addEventListener('click', (event) => this.#onClick(event))
  }

  update(shown: ShownAnswer): void {
    this.#shown = shown
    const { response, branch } = shown
    const facts = factsOf(response, this.#stage.connection.isStored(response))
    const said = JSON.stringify(facts)
    if (said !== this.#facts) {
      this.#facts = said
      this.#said.replaceChildren(
        ...facts.map(({ kind, tone, text, icon: name }) =>
          h('span', { class: `fact ${tone}`, 'data-fact': kind }, name && icon(name), text),
        ),
      )
    }
    const acted = JSON.stringify([response.id, response.status, response.finishReason, branch])
    if (acted === this.#acted) return
    this.#acted = acted
    patch(
      this.#acts,
      h('span', {}, versionSwitch(branch, 'answer'), ...(isOver(response) ? buttons(response) : [])),
    )
  }

  #onClick(event: Event): void {
    const act = actOf(event)
    if (!this.#shown || act === undefined) return
    const { response, branch } = this.#shown
    const version = branch && versionAfter(branch, act)
    // A prompt that does not get through says so in its own line.
    if (version !== undefined) this.#actions.selectBranch(version)
    else if (act === 'copy') copyText(response.text, wordsOf(event))
    else if (act === 'again') {
      // This row goes until the next version comes: the keyboard's focus stays at its turn.
      const row = this.element.closest('li')?.previousElementSibling
      row?.querySelector<HTMLElement>('.prompt')?.focus({ preventScroll: true })
      this.#actions.regenerate(response.id).catch(() => {})
    } else if (act === 'on') this.#actions.goOn(response.id).catch(() => {})
  }
}

const isOver = ({ status }: ResponseState) => status !== 'streaming' && status !== 'suspended'

function buttons(response: ResponseState): Node[] {
  const { createdAt, promptId, status, finishReason, text } = response
  const isWhole = status === 'complete' && finishReason !== 'length'
  const button = (act: string, name: Parameters<typeof icon>[0], label: string) =>
    h('button', { type: 'button', class: 'act', 'data-act': act }, icon(name), label)
  return [
    ...(text === '' ? [] : [button('copy', 'copy', 'Copy')]),
    ...(promptId !== undefined && !isWhole && text !== '' ? [button('on', 'play', 'Continue')] : []),
    ...(promptId !== undefined ? [button('again', 'retry', isWhole ? 'Regenerate' : 'Try again')] : []),
    ...timeElement(createdAt),
  ]
}
