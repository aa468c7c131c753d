import { h } from '../dom.ts'
import type { Fault } from './faults.ts'

/** One way to break something: pressed, counting down, or on until it is pressed again. */
export class FaultButton {
  readonly element: HTMLElement
  readonly #fault: Fault
  readonly #run: (ask: Record<string, unknown>) => Promise<void>
  readonly #title: HTMLElement
  readonly #text: HTMLElement
  readonly #button: HTMLButtonElement
  readonly #progress = h('progress', { 'aria-hidden': 'true', hidden: true })
  #range: HTMLInputElement | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(fault: Fault, run: (ask: Record<string, unknown>) => Promise<void>) {
    this.#fault = fault
    this.#run = run
    this.#text = h('span', {}, fault.text)
    this.#title = h('strong', {}, fault.title)
    this.#button = h(
      'button',
      {
        type: 'button',
        'data-fault': fault.id,
        'aria-pressed': fault.undo && 'false',
        onclick: () => void this.#press(),
      },
      this.#title,
      this.#text,
      this.#progress,
    )
    this.element = h('div', { class: 'fault' }, this.#button, fault.choose && this.#chooser(fault.choose))
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #press(): Promise<void> {
    const { ask = {}, undo, choose, milliseconds } = this.#fault
    const on = this.#button.getAttribute('aria-pressed') === 'true'
    const chosen = choose ? { [choose.field]: Number(this.#range!.value) * choose.factor } : {}
    try {
      await this.#run(undo && on ? undo : { ...ask, ...chosen })
    } catch {
      // The panel says why.
      return
    }
    if (undo) {
      this.#button.setAttribute('aria-pressed', String(!on))
      this.element.dataset.active = String(!on)
    }
    const lasting = milliseconds ?? (choose?.field === 'milliseconds' ? chosen.milliseconds : undefined)
    if (lasting) this.#countDown(lasting)
  }

  #countDown(milliseconds: number): void {
    const end = Date.now() + milliseconds
    const tick = () => {
      const left = end - Date.now()
      const over = left <= 0
      if (over) clearInterval(this.#timer)
      this.#button.disabled = !over
      this.element.dataset.active = String(!over)
      this.#text.textContent = over ? this.#fault.text : `Back in ${Math.ceil(left / 1000)} s`
      this.#progress.hidden = over
      this.#progress.max = milliseconds
      this.#progress.value = Math.max(0, left)
    }
    clearInterval(this.#timer)
    this.#timer = setInterval(tick, 200)
    tick()
  }

  #chooser({ min, max, value, unit, title }: NonNullable<Fault['choose']>): HTMLElement {
    const shown = h('output', {}, `${value}${unit}`)
    const oninput = () => {
      shown.textContent = `${this.#range!.value}${unit}`
      if (title) this.#title.textContent = title(Number(this.#range!.value))
    }
    this.#range = h('input', {
      type: 'range',
      min,
      max,
      value,
      'aria-label': `${this.#fault.title}: how much`,
      oninput,
    })
    return h('div', { class: 'chooser' }, this.#range, shown)
  }
}
