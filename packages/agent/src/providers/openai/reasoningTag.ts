/** Separates reasoning between tags, such as `<think>` and `</think>`, from the text. */
export class ReasoningTag {
  readonly #tags: { text: string; reasoning: string }
  #kind: 'text' | 'reasoning'
  /** A possible start of a tag, held back. */
  #held = ''

  constructor(tagName: string, startWithReasoning: boolean) {
    this.#tags = { text: `<${tagName}>`, reasoning: `</${tagName}>` }
    this.#kind = startWithReasoning ? 'reasoning' : 'text'
  }

  *split(piece: string): Generator<['text' | 'reasoning', string]> {
    let rest = this.#held + piece
    for (;;) {
      const tag = this.#tags[this.#kind]
      const at = rest.indexOf(tag)
      if (at < 0) {
        const held = overlap(rest, tag)
        this.#held = rest.slice(rest.length - held)
        yield [this.#kind, rest.slice(0, rest.length - held)]
        return
      }
      yield [this.#kind, rest.slice(0, at)]
      rest = rest.slice(at + tag.length)
      this.#kind = this.#kind === 'text' ? 'reasoning' : 'text'
    }
  }

  /** The text held back, if it became no tag. */
  *end(): Generator<['text' | 'reasoning', string]> {
    const held = this.#held
    this.#held = ''
    yield [this.#kind, held]
  }
}

/** Length of the longest suffix of `text` that is a prefix of `tag`. */
function overlap(text: string, tag: string): number {
  let length = Math.min(text.length, tag.length - 1)
  while (length > 0 && !tag.startsWith(text.slice(text.length - length))) length--
  return length
}
