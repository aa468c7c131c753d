/** Scans a JSON object or list that arrives in pieces, to find its end. Linear in its length. */
export class JsonScan {
  #depth = 0
  #inString = false
  #escaped = false
  #closed = false

  /** The outermost bracket is closed. */
  get complete(): boolean {
    return this.#closed
  }

  add(piece: string): void {
    for (const char of piece) {
      if (this.#escaped) this.#escaped = false
      else if (this.#inString) {
        if (char === '\\') this.#escaped = true
        else if (char === '"') this.#inString = false
      } else if (char === '"') this.#inString = true
      else if (char === '{' || char === '[') this.#depth++
      else if (char === '}' || char === ']') this.#closed = --this.#depth === 0
    }
  }
}
