import { checksum } from '../../src/protocol/checksum.ts'
import type { ChannelModel } from './channelModel.ts'
import type { Fragment } from './script.ts'

export type Pattern = 'token' | 'message'

/** Who writes a text, and what it says of itself. */
export interface TextStyle {
  pattern: Pattern
  kind: 'text' | 'reasoning' | 'tool'
  headers: Record<string, string>
  /** What `end` is for a text; undefined: no stamps. */
  end: ((text: string) => string) | undefined
}

/** A message that grows, or all tokens of a text. */
interface Segment {
  serial: string | undefined
  /** What the agent wrote. */
  written: string
  /** What readers should end with. */
  shown: string
  /** What stood there before each edit: until it has arrived, readers show that. */
  before: string[]
  edited: boolean
  /** What the channel took of it, in pieces. */
  taken: string[]
}

const names = {
  text: { message: 'response', token: 'token', complete: 'response-complete' },
  reasoning: { message: 'reasoning', token: 'reasoning', complete: 'reasoning-complete' },
  tool: { message: 'tool_call', token: 'tool_call', complete: '' },
}

/** One growing text of an agent: publishes without waiting, repairs what was refused, is edited by others. */
export class ModelText {
  /** Its first message on the channel. */
  serial: string | undefined
  /** A single token was edited: that shows only while it stands apart. */
  tokenEdited = false
  closed = false
  /** All is written that its agent meant to. */
  whole = false
  /** Its part is taken back. */
  retracted = false
  /** Others than its agent changed it. */
  edited = false
  readonly style: TextStyle
  private readonly model: ChannelModel
  private readonly segments: Segment[] = []
  private tokens: { serial: string; text: string; lacks: boolean }[] = []
  /** Something was refused, and was not said again. */
  failed = false
  private held = ''
  private heldStamp: Record<string, string> | undefined

  constructor(model: ChannelModel, style: TextStyle) {
    this.model = model
    this.style = { ...style }
  }

  /** What readers should end with. */
  get text(): string {
    return this.segments.map((s) => s.shown).join('')
  }

  /** All that a reader may take for the agent's text. */
  get truths(): string[] {
    return this.segments.reduce(
      (texts, { before, shown }) => texts.flatMap((text) => [...before, shown].map((next) => text + next)),
      [''],
    )
  }

  /** Its messages or runs. */
  get length(): number {
    return this.segments.length
  }

  /** It was another text once. */
  get changed(): boolean {
    return this.segments.some((s) => s.before.length > 0)
  }

  /** Headers of the run that is being written (PROTOCOL.md §1.3). */
  private get headers(): Record<string, string> {
    const { headers } = this.style
    const run = this.segments.length - 1
    return run > 0 ? { ...headers, part: `${this.part}.${run}` } : headers
  }

  private get part(): string | undefined {
    return this.style.headers.part
  }

  private get last(): Segment {
    return this.segments.at(-1)!
  }

  /** The message of the first segment, as a database keeps it. */
  get version(): string | undefined {
    return this.style.pattern === 'message' && this.serial ? this.model.versionOf(this.serial) : undefined
  }

  begin(text: string): void {
    const { pattern, kind } = this.style
    if (pattern === 'token') {
      this.segments.push({ serial: undefined, written: '', shown: '', before: [], edited: false, taken: [] })
      this.tokens = []
      this.base = ''
      return
    }
    const segment: Segment = {
      serial: undefined,
      written: text,
      shown: text,
      before: [],
      edited: false,
      taken: [text],
    }
    this.segments.push(segment)
    segment.serial = this.model.create({ name: names[kind].message, data: text, headers: this.headers })
    this.serial ??= segment.serial
  }

  /**
   * `refused`: the channel refuses this publish. `merged`: its roll-up holds it back until the next one. `full`: the
   * message is full, and the text goes on in a further one.
   */
  write({ text, refused, merged, full }: Fragment): void {
    const { pattern, kind, end } = this.style
    // Only with header `part` do two messages make one text.
    if (full && end && this.part !== undefined && kind !== 'tool') {
      this.close('streaming')
      this.begin(text)
      if (pattern === 'message') return
    }
    this.last.written += text
    // Without stamps a refusal is unknowable, and so it is after an edit: those channels accept everything.
    if (refused && end && !this.last.edited) {
      this.last.shown += text
      this.failed = true
      return
    }
    this.last.shown += text
    this.last.taken.push(text)
    if (pattern === 'token') return this.token(text, this.stamp())
    this.held += text
    this.heldStamp = this.metadata('streaming')
    if (!merged) this.release()
  }

  /** Sends what the roll-up still holds. */
  release(): void {
    if (this.held !== '') this.model.append(this.last.serial!, this.held, this.heldStamp)
    this.held = ''
  }

  repair(): void {
    if (this.failed) this.replace(this.last.written, 'streaming')
  }

  /** Another process goes on with it, and says first from where (PROTOCOL.md §5.8). */
  resume(from: 'all' | 'channel' | 'less'): void {
    const { last, style } = this
    // Nothing is refused without stamps, nor in arguments that are given token by token.
    if (this.closed || !style.end || (style.kind === 'tool' && style.pattern === 'token')) return
    this.release()
    const { taken, edited } = last
    const kept = from === 'less' ? taken.slice(0, taken.length / 2) : taken
    // Of arguments, a part is none.
    if (edited) last.written = last.shown
    else if (from !== 'all' && style.kind !== 'tool') last.written = kept.join('')
    last.taken = [last.written]
    const wasEdited = this.edited && edited
    this.replace(last.written, 'streaming')
    last.edited = wasEdited
  }

  /** Its part was taken back: per response, it is emptied for readers that know nothing of it. */
  empty(): void {
    if (this.closed) return
    this.closed = true
    this.release()
    if (this.style.pattern !== 'message') return
    this.remember(this.last)
    this.last.shown = ''
    this.model.update(this.last.serial!, '', { end: '0', phase: 'streaming' })
  }

  /** An agent without stamps, or an editor, publishes the whole text again. */
  recover(): void {
    this.style.end = undefined
    this.replace(this.last.written, 'done')
  }

  /** The part is done; or `streaming`, for it goes on in a further message or run. */
  close(phase: 'streaming' | 'done' = 'done'): void {
    this.release()
    this.repair()
    this.closed = phase === 'done'
    const { pattern, end } = this.style
    const closing: Record<string, string> = { phase }
    if (end) closing.checksum = checksum(this.last.written)
    if (pattern === 'message') this.model.append(this.last.serial!, '', { ...this.stamp(), ...closing })
    else if (end) this.token('', { ...this.stamp(), ...closing })
  }

  /** A moderator replaces or deletes all of it, or one of its tokens. `gone`: its agent is. */
  edit(how: 'replace' | 'delete' | 'token', which: number, gone: boolean): boolean {
    const { pattern, kind } = this.style
    const { headers } = this
    if (!this.segments.length || kind === 'tool' || this.retracted) return false
    this.release()
    if (pattern === 'message') {
      const segment = this.segments[which % this.segments.length]!
      // Stamps that its agent goes on to write contradict an edit: an editor waits for the end of the message.
      if (this.style.end && segment === this.last && !this.closed) return false
      this.remember(segment)
      this.edited = segment.edited = true
      segment.shown = how === 'delete' ? '' : `[${which % 100}]`
      if (how === 'delete') this.model.delete(segment.serial!, 'moderator')
      else this.model.update(segment.serial!, segment.shown, undefined, 'moderator')
      return true
    }
    if (how !== 'token') {
      // What comes after it would be the agent's again; and this message is the agent's own.
      if (!this.closed || kind === 'reasoning' || gone) return false
      this.remember(this.last)
      this.edited = true
      this.last.shown = `[${which % 100}]`
      const data = this.last.shown
      const serial = this.model.create({ name: names[kind].complete, data, headers })
      this.serial ??= serial
      this.tokens = []
      return true
    }
    const token = this.tokens[which % (this.tokens.length || 1)]
    // Once a text: of two, a reader may know either first. And the length of an edited token follows from its stamp and
    // the one before, so nothing tells of a token between them that was refused, until the repair does.
    if (!token?.text || token.lacks || this.failed || this.tokenEdited) return false
    // An edit of plain reasoning does not tell whether the message is a token or grows.
    if (kind === 'reasoning' && !this.style.end) return false
    this.remember(this.last)
    this.tokenEdited = this.edited = this.last.edited = true
    token.text = which % 2 ? '' : `[${which % 100}]`
    if (token.text === '') this.model.delete(token.serial, 'moderator')
    else this.model.update(token.serial, token.text, undefined, 'moderator')
    this.last.shown = this.base + this.tokens.map((t) => t.text).join('')
    return true
  }

  /** Text of the last full text; tokens come after it. */
  private base = ''

  private replace(text: string, phase: 'streaming' | 'done'): void {
    const { pattern, kind } = this.style
    const { headers } = this
    this.release()
    this.failed = false
    if (this.last.shown !== text) this.remember(this.last)
    this.last.shown = text
    this.last.edited = false
    if (pattern === 'message') this.model.update(this.last.serial!, text, this.metadata(phase))
    else {
      const serial = this.model.create({
        name: names[kind].complete,
        data: text,
        headers: { ...headers, ...this.stamp(), ...(phase === 'streaming' && { phase }) },
      })
      this.serial ??= serial
      this.base = text
      this.tokens = []
    }
  }

  private remember({ shown, before }: Segment): void {
    if (!before.includes(shown)) before.push(shown)
  }

  private token(text: string, stamp: Record<string, string>): void {
    const serial = this.model.create({
      name: names[this.style.kind].token,
      data: text,
      headers: { ...this.headers, ...stamp },
    })
    this.serial ??= serial
    this.tokens.push({ serial, text, lacks: this.failed })
  }

  private stamp(): Record<string, string> {
    const { end } = this.style
    return end ? { end: end(this.last.written) } : {}
  }

  private metadata(phase: string): Record<string, string> | undefined {
    return this.style.end ? { ...this.stamp(), phase } : undefined
  }
}
