import { checksum } from '../src/checksum.ts'
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
  edited: boolean
}

const names = {
  text: { message: 'response', token: 'token', complete: 'response-complete' },
  reasoning: { message: 'reasoning', token: 'reasoning', complete: 'reasoning-complete' },
  tool: { message: 'tool_call', token: 'tool_call', complete: '' },
}

/** One growing text of an agent: publishes without waiting, repairs what was refused, is edited by others. */
export class ModelText {
  /** What stood there before each edit: until it has arrived, readers show that. */
  readonly before: string[] = []
  /** Its first message on the channel. */
  serial: string | undefined
  /** A single token was edited: that shows only while it stands apart. */
  tokenEdited = false
  closed = false
  readonly style: TextStyle
  private readonly model: ChannelModel
  private readonly segments: Segment[] = []
  private tokens: { serial: string; text: string }[] = []
  private failed = false
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
    return [...this.before, this.text]
  }

  get edited(): boolean {
    return this.before.length > 0
  }

  private get last(): Segment {
    return this.segments.at(-1)!
  }

  /** The message of the first segment, as a database keeps it. */
  get version(): string | undefined {
    return this.style.pattern === 'message' && this.serial ? this.model.versionOf(this.serial) : undefined
  }

  begin(text: string): void {
    const { pattern, kind, headers } = this.style
    if (pattern === 'token') {
      this.segments.push({ serial: undefined, written: '', shown: '', edited: false })
      return
    }
    const serial = this.model.create({ name: names[kind].message, data: text, headers })
    this.serial ??= serial
    this.segments.push({ serial, written: text, shown: text, edited: false })
  }

  /**
   * `refused`: the channel refuses this publish. `merged`: its roll-up holds it back until the next one. `full`: the
   * message is full, and the text goes on in a further one.
   */
  write({ text, refused, merged, full }: Fragment): void {
    const { pattern, headers, end } = this.style
    // A message full: only with header `part` do two make one text.
    if (
      process.env.FULL &&
      full &&
      pattern === 'message' &&
      headers.part !== undefined &&
      this.style.kind !== 'tool'
    ) {
      this.close()
      this.closed = false
      return this.begin(text)
    }
    this.last.written += text
    // Without stamps a refusal is unknowable, and so it is after an edit: those channels accept everything.
    if (refused && end && !this.last.edited) {
      this.last.shown += text
      this.failed = true
      return
    }
    this.last.shown += text
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

  /** An agent without stamps, or whoever knows better, says the whole text again. */
  recover(): void {
    this.style.end = undefined
    this.replace(this.last.written, 'done')
  }

  close(): void {
    this.release()
    this.repair()
    this.closed = true
    const { pattern, end } = this.style
    const closing: Record<string, string> = { phase: 'done' }
    if (end) closing.checksum = checksum(this.last.written)
    if (pattern === 'message') this.model.append(this.last.serial!, '', { ...this.stamp(), ...closing })
    else if (end) this.token('', { ...this.stamp(), ...closing })
  }

  /** Somebody with the right replaces or deletes all of it, or one of its tokens. */
  edit(how: 'replace' | 'delete' | 'token', which: number): boolean {
    const { pattern, kind, headers } = this.style
    if (!this.segments.length || kind === 'tool') return false
    this.release()
    if (pattern === 'message') {
      const segment = this.segments[which % this.segments.length]!
      // Stamps that its agent goes on to write contradict an edit: whoever edits waits for the end of the message.
      if (this.style.end && segment === this.last && !this.closed) return false
      this.remember()
      segment.edited = true
      segment.shown = how === 'delete' ? '' : `[${which % 100}]`
      if (how === 'delete') this.model.delete(segment.serial!)
      else this.model.update(segment.serial!, segment.shown)
      return true
    }
    if (how !== 'token') {
      // What comes after it would be the agent's again.
      if (!this.closed || kind === 'reasoning') return false
      this.remember()
      this.last.shown = `[${which % 100}]`
      const data = this.last.shown
      const serial = this.model.create({ name: names[kind].complete, data, headers, clientId: 'moderator' })
      this.serial ??= serial
      this.tokens = []
      return true
    }
    const token = this.tokens[which % (this.tokens.length || 1)]
    if (!token || this.failed) return false
    // Whether a message of plain reasoning is a token or grows, nobody can tell from an edit of it. And a stamped token
    // is not kept apart from its neighbours once it is known to follow them: an edit of it comes too late.
    if (kind === 'reasoning' || this.style.end) return false
    this.remember()
    this.tokenEdited = true
    this.last.edited = true
    token.text = which % 2 ? '' : `[${which % 100}]`
    if (token.text === '') this.model.delete(token.serial)
    else this.model.update(token.serial, token.text)
    this.last.shown = this.base + this.tokens.map((t) => t.text).join('')
    return true
  }

  /** Text of the last full text; tokens come after it. */
  private base = ''

  private replace(text: string, phase: 'streaming' | 'done'): void {
    const { pattern, kind, headers } = this.style
    this.release()
    this.failed = false
    if (this.last.shown !== text) this.remember()
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

  private remember(): void {
    const now = this.text
    if (!this.before.includes(now)) this.before.push(now)
  }

  private token(text: string, stamp: Record<string, string>): void {
    const { kind, headers } = this.style
    const serial = this.model.create({
      name: names[kind].token,
      data: text,
      headers: { ...headers, ...stamp },
    })
    this.serial ??= serial
    this.tokens.push({ serial, text })
  }

  private stamp(): Record<string, string> {
    const { end } = this.style
    return end ? { end: end(this.last.written) } : {}
  }

  private metadata(phase: string): Record<string, string> | undefined {
    return this.style.end ? { ...this.stamp(), phase } : undefined
  }
}
