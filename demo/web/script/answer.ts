import type { ResponseState } from '@rejoin/core'
import { AnswerView } from '../common/answer/answerView.ts'
import { h } from '../common/dom.ts'
import { unshown } from '../common/problem.ts'
import type { Stage } from '../common/stage.ts'

/** One answer. It listens to its response alone; its failure is its own. */
export class Answer {
  readonly element = h('article')
  readonly #view: AnswerView
  #stop = () => {}

  constructor(id: string, stage: Stage, regenerate: (response: ResponseState) => void) {
    const { session } = stage.connection
    this.#view = new AnswerView(this.element, { stage, regenerate })
    const update = () => {
      const response = session.getResponse(id)
      try {
        if (response) this.#view.update(response)
      } catch (error) {
        console.error(error)
        this.close()
        this.element.replaceChildren(h('p', { class: 'notice' }, unshown))
      }
    }
    this.#stop = session.subscribeResponse(id, update)
    update()
  }

  close(): void {
    this.#stop()
    this.#view.dispose()
  }
}
