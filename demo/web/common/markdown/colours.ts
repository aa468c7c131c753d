/** What a page asks of the worker, and what it answers: each group of lines as JSON of `Piece[]`. */
export interface Question {
  id: number
  language: string
  code: string
}
export interface Answer {
  id: number
  groups: readonly string[] | undefined
}

type ColourWorker = Pick<Worker, 'postMessage' | 'onmessage' | 'onerror'>

/** The colours of more codes than these are not kept. */
const most = 30

/**
 * Colours of code, from a worker: compiling a grammar and reading code with it takes a phone longer than a frame. The
 * first code of a page starts the worker; where there is none, code stays as it is.
 */
export class Colours {
  readonly #start: () => ColourWorker
  readonly #asked = new Map<number, (groups: Answer['groups']) => void>()
  /** The newest last. */
  readonly #known = new Map<string, readonly string[]>()
  #worker: ColourWorker | undefined
  #isBroken = false
  #id = 0

  constructor(start: () => ColourWorker) {
    this.#start = start
  }

  /** Colours that are known already. */
  known(language: string, code: string): readonly string[] | undefined {
    return this.#known.get(keyOf(language, code))
  }

  /** `undefined`: it has none, because the language is unknown or there is no worker. Never rejects. */
  async of(language: string, code: string): Promise<readonly string[] | undefined> {
    const known = this.known(language, code)
    if (known || this.#isBroken) return known
    const groups = await new Promise<Answer['groups']>((resolve) => this.#ask({ language, code }, resolve))
    if (groups) this.#keep(keyOf(language, code), groups)
    return groups
  }

  #ask(question: Omit<Question, 'id'>, resolve: (groups: Answer['groups']) => void): void {
    const id = this.#id++
    this.#asked.set(id, resolve)
    try {
      this.#worker ??= this.#begin()
      this.#worker.postMessage({ id, ...question } satisfies Question)
    } catch {
      this.#giveUp()
    }
  }

  #begin(): ColourWorker {
    const worker = this.#start()
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#answer(data)
    worker.onerror = () => this.#giveUp()
    return worker
  }

  #answer({ id, groups }: Answer): void {
    const resolve = this.#asked.get(id)
    this.#asked.delete(id)
    resolve?.(groups)
  }

  /** Without its colours it is code all the same. */
  #giveUp(): void {
    this.#isBroken = true
    for (const id of this.#asked.keys()) this.#answer({ id, groups: undefined })
  }

  #keep(key: string, groups: readonly string[]): void {
    this.#known.set(key, groups)
    if (this.#known.size > most) this.#known.delete(this.#known.keys().next().value!)
  }
}

const keyOf = (language: string, code: string): string => `${language} ${code}`

/** One worker for all code of a page. */
export const colours = new Colours(
  () => new Worker(new URL('./colourWorker.ts', import.meta.url), { type: 'module' }),
)
