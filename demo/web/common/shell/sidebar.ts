import type { Conversation, Pattern, User } from '../api.ts'
import { h, icon } from '../dom.ts'
import { fronts, pathOf, readRoute } from '../route.ts'
import { untitled } from '../title.ts'

interface Actions {
  user: User
  open(id: string): void
  create(pattern: Pattern): Promise<void>
  remove(id: string): Promise<void>
  rename(id: string, title: string): Promise<void>
  choosePattern(pattern: Pattern): Promise<void>
  signOut(): Promise<void>
  close(): void
}

const patterns: [Pattern, string][] = [
  ['message-per-response', 'Per response'],
  ['message-per-token', 'Per token'],
]

const frontNames = { react: 'React', vue: 'Vue', script: 'Script' }

/** Conversations, front ends, and who is signed in. */
export class Sidebar {
  readonly element: HTMLElement
  readonly #actions: Actions
  readonly #fronts = h('div', { class: 'choice', role: 'group', 'aria-label': 'Front end' })
  readonly #patterns = h('div', { class: 'choice', role: 'group', 'aria-label': 'How answers are published' })
  readonly #list = h('ul')
  readonly #problem = h('p', { class: 'notice', role: 'alert', hidden: true })
  #pattern: Pattern = 'message-per-response'

  constructor(actions: Actions) {
    this.#actions = actions
    this.element = h(
      'section',
      { class: 'side', 'aria-label': 'Conversations' },
      h(
        'div',
        { class: 'brand' },
        h('img', { src: '/icon.svg', alt: '' }),
        h('span', { class: 'grow' }, 'Rejoin'),
        h(
          'button',
          {
            type: 'button',
            class: 'tool only-phone',
            'aria-label': 'Close the list',
            onclick: actions.close,
          },
          icon('close'),
        ),
      ),
      this.#fronts,
      this.#patterns,
      h(
        'button',
        { type: 'button', class: 'new', onclick: () => this.#run(actions.create(this.#pattern)) },
        'New conversation',
      ),
      this.#problem,
      h('nav', { 'aria-label': 'Conversations' }, this.#list),
      h(
        'footer',
        {},
        h('span', {}, actions.user.name),
        h(
          'button',
          {
            type: 'button',
            class: 'tool',
            'aria-label': 'Sign out',
            title: 'Sign out',
            onclick: () => this.#run(actions.signOut()),
          },
          icon('leave'),
        ),
      ),
    )
  }

  update(conversations: readonly Conversation[], current: Conversation | undefined): void {
    const route = readRoute()
    this.#pattern = current?.pattern ?? this.#pattern
    this.#fronts.replaceChildren(
      ...fronts.map((front) =>
        h(
          'a',
          { href: pathOf({ ...route, front }), 'aria-current': front === route.front && 'page' },
          frontNames[front],
        ),
      ),
    )
    this.#patterns.replaceChildren(
      ...patterns.map(([pattern, label]) =>
        h(
          'button',
          {
            type: 'button',
            'aria-pressed': String(pattern === this.#pattern),
            onclick: () => this.#run(this.#actions.choosePattern(pattern)),
          },
          label,
        ),
      ),
    )
    keepFocus(this.#list, () =>
      this.#list.replaceChildren(
        ...conversations.map((conversation) => this.#entry(conversation, conversation.id === current?.id)),
      ),
    )
    document.title = current?.title ? `${current.title} · Rejoin` : 'Rejoin'
  }

  #entry({ id, title, pattern }: Conversation, current: boolean): HTMLElement {
    const onclick = (event: Event) => {
      const { metaKey, ctrlKey, shiftKey } = event as MouseEvent
      if (metaKey || ctrlKey || shiftKey) return
      event.preventDefault()
      this.#actions.open(id)
    }
    const href = pathOf({ ...readRoute(), conversation: id })
    const entry: HTMLElement = h(
      'li',
      { 'data-conversation': id },
      h(
        'a',
        { class: 'entry', href, 'aria-current': current && 'page', onclick },
        h('span', { dir: 'auto' }, title || untitled),
        h('small', {}, pattern === 'message-per-token' ? 'A message per token' : 'A message per response'),
      ),
      this.#renameButton(id, title, () => entry),
      this.#removeButton(id, title || untitled),
    )
    return entry
  }

  /** Puts a field in the place of the title: Enter keeps what it says, Escape and leaving do not. */
  #renameButton(id: string, title: string, entry: () => HTMLElement): HTMLElement {
    const label = `Rename ${title || untitled}`
    const onclick = () => {
      const before = [...entry().childNodes]
      const cancel = () => form.isConnected && entry().replaceChildren(...before)
      const field = h('input', {
        'aria-label': 'Title',
        dir: 'auto',
        maxlength: 80,
        value: title,
        onblur: cancel,
      })
      const onsubmit = (event: Event) => {
        event.preventDefault()
        const given = field.value.trim()
        cancel()
        button.focus()
        if (given !== '' && given !== title) this.#run(this.#actions.rename(id, given))
      }
      const onkeydown = (event: Event) => {
        if ((event as KeyboardEvent).key !== 'Escape') return
        // It closes the field, and not the drawer.
        event.stopPropagation()
        cancel()
        button.focus()
      }
      const form = h('form', { class: 'rename', onsubmit, onkeydown }, field)
      entry().replaceChildren(form)
      field.select()
    }
    const button = h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': label, title: 'Rename', onclick },
      icon('pencil'),
    )
    return button
  }

  /** It deletes for good, so it must be pressed twice. */
  #removeButton(id: string, title: string): HTMLElement {
    const label = `Delete ${title}`
    const button = h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': label, title: 'Delete' },
      icon('trash'),
    )
    const reset = () => {
      button.replaceChildren(icon('trash'))
      button.setAttribute('aria-label', label)
      delete button.dataset.sure
    }
    button.addEventListener('blur', reset)
    button.addEventListener('click', () => {
      if (button.dataset.sure) return this.#run(this.#actions.remove(id))
      button.dataset.sure = 'true'
      button.replaceChildren('Delete?')
      button.setAttribute('aria-label', `Delete ${title} for good`)
    })
    return button
  }

  #run(work: Promise<void>): void {
    this.#problem.hidden = true
    work.catch((error: Error) => {
      this.#problem.textContent = error.message
      this.#problem.hidden = false
    })
  }
}

/** Replaces the items of a list; the keyboard's focus stays at its item, or at the one that takes its place. */
function keepFocus(list: HTMLElement, replace: () => void): void {
  const item = document.activeElement?.closest<HTMLElement>('[data-conversation]')
  const [place, within] = item && list.contains(item) ? [indexOf(item), focusable(item)] : []
  const at = within?.indexOf(document.activeElement as HTMLElement)
  replace()
  if (place === undefined || at === undefined) return
  const { conversation } = item!.dataset
  const items = [...list.children] as HTMLElement[]
  const same = items.find(({ dataset }) => dataset.conversation === conversation)
  if (same) focusable(same)[at]?.focus({ preventScroll: true })
  else focusable(items[Math.min(place, items.length - 1)])[0]?.focus({ preventScroll: true })
}

const indexOf = (element: Element): number => [...element.parentElement!.children].indexOf(element)

const focusable = (element: Element | undefined): HTMLElement[] => [
  ...(element?.querySelectorAll<HTMLElement>('a, button') ?? []),
]
