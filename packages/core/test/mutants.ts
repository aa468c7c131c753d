/**
 * Small deliberate bugs in the reader. `node scripts/mutants.mjs` runs the property tests with each of them, and
 * fails when one is not noticed: a test that cannot fail proves nothing.
 */
export interface Mutant {
  name: string
  /** File in packages/core/src. */
  file: string
  from: string
  to: string
}

export const mutants: Mutant[] = [
  {
    name: 'late tokens are put at the end',
    file: 'growingText.ts',
    from: '    return low\n',
    to: '    return this.#pieces.length\n',
  },
  {
    name: 'an operation twice counts twice',
    file: 'growingText.ts',
    from: 'same && same.first <= key',
    to: 'same && same.first < same.key',
  },
  {
    name: 'older full texts replace newer ones',
    file: 'growingText.ts',
    from: 'if (base && key <= base.key && !fuller)',
    to: 'if (base && key === base.key && !fuller)',
  },
  {
    name: 'fragments older than the full text are applied',
    file: 'growingText.ts',
    from: '|| key <= base.key',
    to: '|| false',
  },
  {
    name: 'stamps are ignored',
    file: 'growingText.ts',
    from: 'if (end === undefined || reached === undefined || piece.edited) {',
    to: 'if (true) {',
  },
  {
    name: 'a merged hole is shown as exact',
    file: 'growingText.ts',
    from: 'const exact = !this.merges ||',
    to: 'const exact = true ||',
  },
  {
    name: 'a straddling fragment is appended whole',
    file: 'growingText.ts',
    from: 'if (straddles && piece.after !== undefined',
    to: 'if (false && piece.after !== undefined',
  },
  {
    name: 'a straddling fragment without a stamp is not trimmed',
    file: 'growingText.ts',
    from: 'const known = straddles ?',
    to: 'const known = false ?',
  },
  {
    name: 'overlaps are not trimmed',
    file: 'growingText.ts',
    from: 'this.#shown.push(text.slice(length - (end - reached)))',
    to: 'this.#shown.push(text)',
  },
  {
    name: 'holes in a full text are forgotten',
    file: 'growingText.ts',
    from: 'if (missing > 0) base.holes = this.#shown.placeHoles(text, missing)',
    to: 'if (missing > 0) base.holes = []',
  },
  {
    name: 'holes stay after the full text',
    file: 'shownText.ts',
    from: 'this.holes = from.holes.map',
    to: 'this.holes = this.holes.length ? this.holes : from.holes.map',
  },
  {
    name: 'filling a hole loses text',
    file: 'shownText.ts',
    from: 'inserted + this.text.slice(hole.from)',
    to: 'inserted',
  },
  {
    name: 'a lost connection breaks nothing',
    file: 'growingText.ts',
    from: "else if (key !== '') this.#breaks",
    to: 'else if (false) this.#breaks',
  },
  {
    name: 'the head counts as known',
    file: 'growingText.ts',
    from: '#headKnown = false',
    to: '#headKnown = true',
  },
  {
    name: 'compaction joins across holes',
    file: 'growingText.ts',
    from: '(piece.end === undefined || run.end! + piece.text.length === piece.end)',
    to: 'true',
  },
  {
    name: 'the checksum is not looked at',
    file: 'growingText.ts',
    from: 'this.#checked.matches && end === this.#shown.length',
    to: 'end === this.#shown.length',
  },
  {
    name: 'paging stops at the first page',
    file: 'continuity.ts',
    from: 'if (!reader.exhausted && !conversation.needsPast) {',
    to: 'if (!reader.exhausted) {',
  },
  {
    name: 'lost continuity is not refilled',
    file: 'continuity.ts',
    from: "const again = this.#target !== ''",
    to: 'if (this.#attaches > 1) return\n    const again = false',
  },
  {
    name: 'responses seen for the first time are whole',
    file: 'conversation.ts',
    from: 'if (live && this.pastKnown) response.headKnown = true',
    to: 'if (true) response.headKnown = true',
  },
  {
    name: 'a response that ends in view is shown without its beginning',
    file: 'response.ts',
    from: 'return !this.headKnown && !this.#firstPartKnown\n',
    to: 'return false\n',
  },
]
