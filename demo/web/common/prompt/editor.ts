import { h } from '../dom.ts'
import { longestText } from '../longestText.ts'
import { submitOnEnter } from '../submitOnEnter.ts'

/** A form in the place of a prompt, where it can be said in other words. */
export function editor(
  text: string,
  { send, cancel }: { send(text: string): void; cancel(): void },
): HTMLElement {
  const field = h(
    'textarea',
    { 'aria-label': 'Edit your message', dir: 'auto', rows: 2, maxlength: longestText },
    text,
  )
  const onsubmit = (event: Event) => {
    event.preventDefault()
    const edited = field.value.trim()
    if (edited !== '') send(edited)
  }
  const onkeydown = (event: Event) => {
    if ((event as KeyboardEvent).key === 'Escape') {
      // It would stop answers, too.
      event.preventDefault()
      cancel()
    } else submitOnEnter(event as KeyboardEvent)
  }
  return h(
    'form',
    { class: 'editor', onsubmit, onkeydown },
    field,
    h(
      'div',
      { class: 'choices' },
      h('button', { type: 'button', class: 'button', onclick: cancel }, 'Cancel'),
      h('button', { type: 'submit', class: 'button first' }, 'Send'),
    ),
  )
}
