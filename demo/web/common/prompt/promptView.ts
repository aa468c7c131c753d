import type { Branch, OutgoingPrompt, PromptState, Session, SessionState } from '@rejoin/core'
import { chunksOf } from '../chunks.ts'
import { copyText, wordsOf } from '../copy.ts'
import { h, icon, set } from '../dom.ts'
import { patch } from '../patch.ts'
import { timeElement } from '../time.ts'
import { actOf, versionAfter, versionSwitch } from '../versions.ts'
import type { View } from '../view.ts'
import { attachments } from './attachments.ts'
import { editor } from './editor.ts'
import { fateOf } from './fate.ts'

export interface ShownPrompt {
  prompt: PromptState
  branch: Branch | undefined
  /** While its answer has not begun: the answers before it. */
  answers?: Branch | undefined
  status: SessionState['status']
}

export type PromptActions = Pick<Session, 'editMessage' | 'retryMessage' | 'selectBranch'>

/** What a user said, its versions, and what became of it. */
export class PromptView implements View<ShownPrompt> {
  readonly #element: HTMLElement
  readonly #actions: PromptActions
  readonly #line = h('div', { class: 'prompt', tabindex: -1 })
  #shown: ShownPrompt | undefined
  #editor: HTMLElement | undefined

  constructor(element: HTMLElement, actions: PromptActions) {
    this.#element = element
    this.#actions = actions
    element.append(this.#line)
    element.addEventListener('click', this.#onClick)
  }

  update(shown: ShownPrompt): void {
    const before = this.#shown
    if (before && (Object.keys(shown) as (keyof ShownPrompt)[]).every((key) => shown[key] === before[key]))
      return
    const other = shown.prompt.id !== this.#shown?.prompt.id
    this.#shown = shown
    // Another version than the one that was being edited.
    if (other && this.#editor) this.#close()
    else this.#show()
  }

  dispose(): void {
    this.#element.removeEventListener('click', this.#onClick)
    this.#element.replaceChildren()
  }

  #show(): void {
    if (!this.#shown || this.#editor) return
    const { id, delivery, status } = this.#shown.prompt
    set(this.#line, { 'data-prompt': id, 'data-delivery': delivery, 'data-status': status })
    patch(this.#line, line(this.#shown))
  }

  readonly #onClick = (event: Event): void => {
    const act = actOf(event)
    if (!this.#shown || act === undefined) return
    const { prompt, branch: wordings, answers } = this.#shown
    const branch = (event.target as Element).closest('[data-of=answer]') ? answers : wordings
    const version = branch && versionAfter(branch, act)
    if (version !== undefined) this.#actions.selectBranch(version)
    else if (act === 'retry') this.#actions.retryMessage(prompt.id).catch(() => {})
    else if (act === 'again') this.#send(prompt.text)
    else if (act === 'copy') copyText(prompt.text, wordsOf(event))
    else if (act === 'edit') this.#edit()
  }

  #edit(): void {
    const send = (text: string) => {
      this.#close()
      // The keyboard's focus stays at this turn.
      this.#line.focus({ preventScroll: true })
      this.#send(text)
    }
    const cancel = () => {
      this.#close()
      this.#line.querySelector<HTMLElement>('[data-act=edit]')?.focus()
    }
    this.#editor = editor(this.#shown!.prompt.text, { send, cancel })
    this.#element.replaceChildren(this.#editor)
    const field = this.#editor.querySelector('textarea')!
    field.focus()
    field.setSelectionRange(field.value.length, field.value.length)
  }

  #close(): void {
    this.#editor = undefined
    this.#element.replaceChildren(this.#line)
    this.#show()
  }

  /** What came with the prompt comes with its next version. */
  #send(text: string): void {
    const { id, parts, metadata } = this.#shown!.prompt
    const files = parts.filter(({ type }) => type !== 'text') as NonNullable<OutgoingPrompt['parts']>
    // One that does not get through says so in its own line.
    this.#actions.editMessage(id, { text, parts: files, metadata }).catch(() => {})
  }
}

function line({ prompt, branch, answers, status }: ShownPrompt): HTMLElement {
  const { text, parts, delivery, createdAt } = prompt
  const fate = fateOf(prompt, status)
  return h(
    'div',
    {},
    attachments(parts),
    text !== '' && h('div', { class: 'bubble', dir: 'auto' }, ...chunksOf(text)),
    fate &&
      h(
        'div',
        { class: `fate ${fate.tone}`, role: fate.tone === 'bad' ? 'alert' : 'status' },
        `${fate.text} `,
        fate.act &&
          h('button', { type: 'button', 'data-act': fate.act }, fate.act === 'retry' ? 'Retry' : 'Ask again'),
      ),
    h(
      'div',
      { class: 'acts' },
      versionSwitch(branch, 'prompt'),
      versionSwitch(answers, 'answer'),
      delivery === 'sent' &&
        h('button', { type: 'button', class: 'act', 'data-act': 'edit' }, icon('pencil'), 'Edit'),
      text !== '' && h('button', { type: 'button', class: 'act', 'data-act': 'copy' }, icon('copy'), 'Copy'),
      ...timeElement(createdAt),
    ),
  )
}
