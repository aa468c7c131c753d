import { h } from '../dom.ts'

/** Buttons for one choice. Pressing one disables all; if its action fails, the reason shows and they can be pressed again. */
export function choices(...options: [label: string, run: () => Promise<unknown>][]): HTMLElement {
  let pressed = false
  const setPressed = (now: boolean) => {
    pressed = now
    // Not `disabled`, which would take the keyboard's focus away.
    for (const button of buttons) button.setAttribute('aria-disabled', String(now))
  }
  const problem = h('p', { class: 'question', role: 'alert', hidden: true })
  const buttons = options.map(([label, run], at) =>
    h(
      'button',
      {
        type: 'button',
        class: at === 0 ? 'button first' : 'button',
        onclick: () => {
          if (pressed) return
          setPressed(true)
          run().catch((error: Error) => {
            setPressed(false)
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
