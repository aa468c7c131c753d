import { h, icon } from '../dom.ts'
import { describeSize, isPicture, longestFile } from '../files.ts'

/** Files of one message at most. */
const mostFiles = 10

interface Chosen {
  file: File
  element: HTMLElement
  /** The address of a picture's preview. */
  preview: string | undefined
}

/** Files that are chosen, pasted or dropped, and not sent yet. */
export class Tray {
  readonly list = h('ul', { class: 'tray', 'aria-label': 'Files to send', hidden: true })
  readonly controls: readonly HTMLElement[]
  readonly #problem = h('li', { class: 'problem', role: 'alert' })
  readonly #changed: () => void
  #chosen: Chosen[] = []
  #stopDrops = () => {}

  constructor(changed: () => void) {
    this.#changed = changed
    const input = h('input', {
      type: 'file',
      multiple: true,
      hidden: true,
      'aria-label': 'Files',
      onchange: () => {
        this.add(input.files ?? [])
        // The same file can be chosen again.
        input.value = ''
      },
    })
    const pick = h(
      'button',
      {
        type: 'button',
        class: 'tool',
        'aria-label': 'Attach files',
        title: 'Attach files',
        onclick: () => input.click(),
      },
      icon('clip'),
    )
    this.controls = [pick, input]
  }

  get files(): readonly File[] {
    return this.#chosen.map(({ file }) => file)
  }

  add(files: Iterable<File>): void {
    let problem = ''
    for (const file of files) {
      if (file.size > longestFile) problem = `${file.name} is larger than ${describeSize(longestFile)}.`
      else if (this.#chosen.length >= mostFiles) problem = `At most ${mostFiles} files go with a message.`
      else this.#chosen.push(this.#choose(file))
    }
    this.#show(problem)
  }

  /** Files dropped on an element are taken. */
  takeDrops(element: HTMLElement): void {
    const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      element.dataset.drop = 'true'
    }
    const leave = ({ relatedTarget }: DragEvent) => {
      if (!element.contains(relatedTarget as Node | null)) delete element.dataset.drop
    }
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      delete element.dataset.drop
      this.add(event.dataTransfer?.files ?? [])
    }
    element.addEventListener('dragover', over)
    element.addEventListener('dragleave', leave)
    element.addEventListener('drop', drop)
    this.#stopDrops = () => {
      element.removeEventListener('dragover', over)
      element.removeEventListener('dragleave', leave)
      element.removeEventListener('drop', drop)
    }
  }

  clear(): void {
    for (const { preview } of this.#chosen) if (preview) URL.revokeObjectURL(preview)
    this.#chosen = []
    this.#show('')
  }

  close(): void {
    this.#stopDrops()
    for (const { preview } of this.#chosen) if (preview) URL.revokeObjectURL(preview)
  }

  #choose(file: File): Chosen {
    const preview = isPicture(file.type) ? URL.createObjectURL(file) : undefined
    const label = `Remove ${file.name}`
    const onclick = () => this.#remove(chosen)
    const element = h(
      'li',
      { 'data-file': preview ? 'picture' : 'document' },
      preview ? h('img', { src: preview, alt: '' }) : icon('file'),
      h('span', { class: 'name', dir: 'auto' }, file.name),
      h('small', {}, describeSize(file.size)),
      h(
        'button',
        { type: 'button', class: 'tool', 'aria-label': label, title: 'Remove', onclick },
        icon('close'),
      ),
    )
    const chosen = { file, element, preview }
    return chosen
  }

  #remove(chosen: Chosen): void {
    if (chosen.preview) URL.revokeObjectURL(chosen.preview)
    this.#chosen = this.#chosen.filter((one) => one !== chosen)
    this.#show('')
    this.controls[0]!.focus()
  }

  #show(problem: string): void {
    this.#problem.textContent = problem
    const items = this.#chosen.map(({ element }) => element)
    this.list.replaceChildren(...items, ...(problem === '' ? [] : [this.#problem]))
    this.list.hidden = this.list.childElementCount === 0
    this.#changed()
  }
}
