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
    name: 'tokens before a full text count when their stamps lie beyond it',
    file: 'text/run.ts',
    from: 'if (older || this.merges) return older\n    return',
    to: 'if (this.merges || end === undefined) return older || base.final\n    return',
  },
  {
    name: 'an edit of a joined token comes too late',
    file: 'text/run.ts',
    from: 'if (!base.tokens?.first || key < base.tokens.first) return false',
    to: 'return false',
  },
  {
    name: 'late tokens are put at the end',
    file: 'text/pieces.ts',
    from: '    return low\n',
    to: '    return this.list.length\n',
  },
  {
    name: 'an operation twice counts twice',
    file: 'text/pieces.ts',
    from: '!same || same.first > key',
    to: '!same || same.first >= same.key',
  },
  {
    name: 'older full texts replace newer ones',
    file: 'text/run.ts',
    from: 'if (this.#base && key <= this.#base.key)',
    to: 'if (this.#base && key === this.#base.key)',
  },
  {
    name: 'fragments older than the full text are applied',
    file: 'text/run.ts',
    from: 'return older || (base.final',
    to: 'return (base.final',
  },
  {
    name: 'stamps are ignored',
    file: 'text/run.ts',
    from: 'if (end === undefined || reached === undefined || piece.edited) {',
    to: 'if (true) {',
  },
  {
    name: 'a merged gap is shown as exact',
    file: 'text/run.ts',
    from: 'const exact = !this.merges ||',
    to: 'const exact = true ||',
  },
  {
    name: 'a straddling fragment is appended whole',
    file: 'text/run.ts',
    from: 'if (straddles && piece.after !== undefined',
    to: 'if (false && piece.after !== undefined',
  },
  {
    name: 'a straddling fragment without a stamp is not trimmed',
    file: 'text/run.ts',
    from: 'const known = straddles ?',
    to: 'const known = false ?',
  },
  {
    name: 'overlaps are not trimmed',
    file: 'text/run.ts',
    from: 'this.#shown.push(text.slice(length - (end - reached)))',
    to: 'this.#shown.push(text)',
  },
  {
    name: 'gaps in a full text are forgotten',
    file: 'text/run.ts',
    from: 'if (missing > 0) base.gaps = this.#shown.placeGaps(text, missing)',
    to: 'if (missing > 0) base.gaps = []',
  },
  {
    name: 'gaps stay after the full text',
    file: 'text/shownText.ts',
    from: 'this.gaps = from.gaps.map',
    to: 'this.gaps = this.gaps.length ? this.gaps : from.gaps.map',
  },
  {
    name: 'filling a gap loses text',
    file: 'text/shownText.ts',
    from: 'inserted + this.text.slice(gap.from)',
    to: 'inserted',
  },
  {
    name: 'a lost connection breaks nothing',
    file: 'text/run.ts',
    from: "else if (key !== '') this.#breaks",
    to: 'else if (false) this.#breaks',
  },
  {
    name: 'the head counts as known',
    file: 'text/run.ts',
    from: '#headKnown = false',
    to: '#headKnown = true',
  },
  {
    name: 'compaction joins across gaps',
    file: 'text/pieces.ts',
    from: '(piece.end === undefined || run.end! + piece.text.length === piece.end)',
    to: 'true',
  },
  {
    name: 'the checksum is not looked at',
    file: 'text/closing.ts',
    from: 'this.#checked.matches && end === length',
    to: 'end === length',
  },
  {
    name: 'paging stops at the first page',
    file: 'past/continuity.ts',
    from: 'if (!reader.exhausted && !conversation.needsPast) {',
    to: 'if (!reader.exhausted) {',
  },
  {
    name: 'lost continuity is not refilled',
    file: 'past/continuity.ts',
    from: "const again = this.#target !== ''",
    to: 'if (this.#attaches > 1) return\n    const again = false',
  },
  {
    name: 'responses seen for the first time are whole',
    file: 'response/conversation.ts',
    from: 'if (live && this.pastKnown) response.headKnown = true',
    to: 'if (true) response.headKnown = true',
  },
  {
    name: 'a response that ends in view is shown without its beginning',
    file: 'response/response.ts',
    from: 'return !this.headKnown && (!this.#firstPartKnown',
    to: 'return false && (!this.#firstPartKnown',
  },
  {
    name: 'a response that was shown is withheld when it ends',
    file: 'response/response.ts',
    from: 'return !this.snapshot && !this.wanted',
    to: 'return !this.wanted',
  },
  {
    name: 'lost continuity leaves the ends of texts exact',
    file: 'response/losses.ts',
    from: 'const unfinished = !text.finished && (broken || text.broken)',
    to: 'const unfinished = false && (broken || text.broken)',
  },
  {
    name: 'parts before the first known one are not missed',
    file: 'response/response.ts',
    from: 'const begunBefore = headless && this.#strict',
    to: 'const begunBefore = false',
  },
  {
    name: 'a backlog that comes again counts as live',
    file: 'past/continuity.ts',
    from: 'this.#backlog.begin(hasBacklog',
    to: 'this.#backlog.begin(!again && hasBacklog',
  },
  {
    name: 'older messages are read before the newest',
    file: 'past/continuity.ts',
    from: '    await this.#first.catch(() => {})\n',
    to: '    await Promise.resolve()\n',
  },
  {
    name: 'what is read while the connection is away counts as continuous',
    file: 'past/continuity.ts',
    from: 'if (serial > this.#newest && !this.#continuous) this.#newest = serial',
    to: 'if (serial > this.#newest) this.#newest = serial',
  },
  {
    name: 'what was asked for before a loss is taken after it',
    file: 'past/continuity.ts',
    from: "if (signal.aborted && this.#newest === '') return true",
    to: '',
  },
  {
    name: 'a page that was being read when continuity was lost is lost, too',
    file: 'past/continuity.ts',
    from: "if (signal.aborted && this.#newest === '') return true",
    to: 'if (signal.aborted) return true',
  },
  {
    name: 'what a seed reads on the way is left for later',
    file: 'past/continuity.ts',
    from: '(again ? !wasJoined : !reached)',
    to: '(again && !wasJoined)',
  },
  {
    name: 'the beginning of the channel is forgotten',
    file: 'past/continuity.ts',
    from: 'if (this.#continuous) conversation.pastKnown = true',
    to: 'if (false) conversation.pastKnown = true',
  },
  {
    name: 'an older edit of a token undoes a newer one',
    file: 'text/pieces.ts',
    from: "if (edited <= (same.edited ?? '') || ",
    to: "if (edited === '' || ",
  },
  {
    name: 'an edited message never ends',
    file: 'text/run.ts',
    from: 'return this.#pieces.list.length === 0 && this.#base?.authoritative === true',
    to: 'return false',
  },
  {
    name: 'a later run needs none before it',
    file: 'response/textPart.ts',
    from: 'if (this.#tornAt(i)) gap(0, 0)',
    to: 'if (false) gap(0, 0)',
  },
  {
    name: 'runs are joined in the order they come',
    file: 'response/textPart.ts',
    from: 'a.index - b.index ||',
    to: '0 ||',
  },
  {
    name: 'the parts of a row are put where their serials say',
    file: 'response/rows.ts',
    from: "const serial = ` ${String(index).padStart(6, '0')}`",
    to: "const serial = part.serial ?? ` ${String(index).padStart(6, '0')}`",
  },
  {
    name: 'a row takes over a part of another kind',
    file: 'response/rows.ts',
    from: 'before instanceof OpenText && before.kind === part.type',
    to: 'before instanceof OpenText',
  },
  {
    name: 'a complete row ends where the stream declared',
    file: 'response/rows.ts',
    from: 'const end = complete ? undefined : text.length',
    to: 'const end = text.length',
  },
  {
    name: 'an agent’s own repair undoes the row',
    file: 'response/rows.ts',
    from: ' && event.end === undefined\n',
    to: '\n',
  },
  {
    name: 'a prompt of the database counts as heard',
    file: 'response/rows.ts',
    from: 'conversation.setPrompt(prompt, false)',
    to: 'conversation.setPrompt(prompt, true)',
  },
  {
    name: 'a message of a text in several replaces the row',
    file: 'response/rows.ts',
    from: '|| this.#parts.some(({ runs = 1 }) => runs > 1)',
    to: '|| this.#parts.some(({ runs = 1 }) => runs < 0)',
  },
  {
    name: 'history is read while the channel is about to go on',
    file: 'ably/historyReader.ts',
    from: "channel.state === 'attaching'",
    to: "channel.state === 'failed'",
  },
  {
    name: 'a text that is read again unchanged keeps its doubts on the screen',
    file: 'text/run.ts',
    from: 'this.#closing.mark(full) || mended',
    to: 'this.#closing.mark(full)',
  },
  {
    name: 'a loss is kept though nothing was known',
    file: 'past/continuity.ts',
    from: 'else conversation.break({ key',
    to: 'conversation.break({ key',
  },
  {
    name: 'a response that ended while the connection was away is not read again',
    file: 'response/response.ts',
    from: '    this.wanted = true\n    this.#broken = {',
    to: '    this.#broken = {',
  },
  {
    name: 'what is overtaken stays out of the order',
    file: 'text/run.ts',
    from: 'if (!piece) return false\n    piece.prev = key',
    to: 'if (true) return false\n    piece!.prev = key',
  },
  {
    name: 'nobody is told of a delivery that found its place late',
    file: 'text/run.ts',
    from: 'return (this.#stale = true)',
    to: 'return !(this.#stale = true)',
  },
  {
    name: 'a run before is not read on for',
    file: 'response/response.ts',
    from: ' || this.parts.ordered.some(isTorn)',
    to: ' || false',
  },
  {
    name: 'a row does not heal',
    file: 'response/rows.ts',
    from: ' && !response.snapshot?.hasGap',
    to: '',
  },
  {
    name: 'whoever began while the connection was away begins now',
    file: 'past/continuity.ts',
    from: "if (this.#newest === '') conversation.pastKnown = false",
    to: "if (this.#newest === '') conversation.pastKnown ||= false",
  },
  {
    name: 'what is still to be delivered of a row undoes it',
    file: 'response/rows.ts',
    from: ' || !this.#texts.some((text) => text.startsWith(event.text))',
    to: ' || true',
  },
  {
    name: 'the database is read on where it should be read anew',
    file: 'past/seed.ts',
    from: 'rows.read(past, true)',
    to: 'rows.read(past, past.again)',
  },
]
