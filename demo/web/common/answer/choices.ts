import { h } from '../dom.ts'

/** Buttons that disappear when one is pressed, and return with the reason if its action fails. */
export function choices(...options: [label: string, run: () => Promise<unknown>][]): HTMLElement {
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
