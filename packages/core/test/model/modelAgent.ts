import type { ChannelModel } from './channelModel.ts'
import { ModelText } from './modelText.ts'
import type { TextStyle } from './modelText.ts'
import type { ModelPrompt } from './modelPrompt.ts'
import { ModelWholes } from './modelWholes.ts'
import type { Call, Whole } from './modelWholes.ts'
import type { Fragment, PartScript, Script } from './script.ts'

/** Writes one response on a model channel, as its script says; others edit it. */
export class ModelAgent {
  readonly id: string
  readonly script: Script
  readonly texts: ModelText[] = []
  readonly prompt: ModelPrompt | undefined
  /** Its first message. */
  serial: string | undefined
  ended = false
  /** It is gone, and left its response as it was; another process may go on. */
  dead = false
  /** Numbers of parts that were taken back. */
  readonly retracted: string[] = []
  /** All of its response is taken back. */
  withdrawn = false
  status: 'complete' | 'stopped' | 'error'
  /** A successor ended it in mid-response: a call may have no outcome. */
  brokenOff = false
  /** It says where it begins and ends. */
  marked = false
  private readonly model: ChannelModel
  private readonly others = new ModelWholes((...message) => this.say(...message))
  private steps: Generator<void>
  private manner: Script['manner']
  private count = 0
  private taken = 0
  /** Steps until a successor goes on. */
  private pause: number

  constructor(model: ChannelModel, id: string, script: Script, prompt: ModelPrompt | undefined) {
    this.model = model
    this.id = id
    this.script = script
    this.manner = script.manner
    this.status = script.status
    this.prompt = this.named ? prompt : undefined
    this.pause = script.successor?.after ?? 0
    this.steps = this.run()
  }

  get wholes(): readonly Whole[] {
    return this.others.all
  }

  get promptId(): string | undefined {
    return this.prompt?.id
  }

  get named(): boolean {
    return this.id !== 'model'
  }

  get text(): string {
    return this.ofKind('text')
      .map((t) => t.text)
      .join('')
  }

  /** All texts that readers may show: each retracted part may still show, or not any more. */
  get truths(): string[] {
    return this.written('text').reduce<string[]>(
      (all, { text, truths, retracted, changed }) =>
        all.flatMap((before) => (retracted || changed ? ['', ...truths] : [text]).map((t) => before + t)),
      [''],
    )
  }

  /** Whether others edited its text. */
  get edited(): boolean {
    return this.texts.some((t) => t.edited)
  }

  ofKind(kind: 'text' | 'reasoning' | 'tool'): ModelText[] {
    return this.written(kind).filter((t) => !t.retracted)
  }

  private written(kind: 'text' | 'reasoning' | 'tool'): ModelText[] {
    return this.texts
      .filter((t) => t.style.kind === kind && t.serial !== undefined)
      .sort((a, b) => (a.serial! < b.serial! ? -1 : 1))
  }

  /** Name by which a reader knows a text. */
  partId({ style, serial }: ModelText): string {
    if (style.kind === 'tool') return style.headers.toolCallId!
    return style.headers.part ?? (style.pattern === 'token' ? style.kind : serial!)
  }

  get clientId(): string {
    return `agent of ${this.named ? this.id : undefined}`
  }

  /** Something that it wrote was refused and not said again. */
  get owes(): boolean {
    return this.texts.some((text) => text.failed && !text.retracted)
  }

  /** Goes on by one operation. Returns whether there was one. */
  advance(): boolean {
    if (this.dead) return this.moderate() || this.succeed()
    if (this.script.dies === this.taken && !this.ended && this.serial !== undefined) {
      this.taken++
      this.dead = true
      // What the roll-up holds is published all the same.
      for (const text of this.texts) text.release()
      return true
    }
    if (this.script.promptAgain === this.taken && this.prompt?.serial !== undefined) {
      this.taken++
      this.prompt.publish(true)
      return true
    }
    if (this.isEarly && this.early === this.taken) {
      this.taken++
      this.prompt!.publish()
      return true
    }
    const hint = this.script.prompt?.hints.find(({ after }) => after === this.taken)
    if (hint && this.prompt && !this.done.has(hint)) {
      this.done.add(hint)
      this.prompt.tell(hint.status, this.clientId)
      return true
    }
    const edited = this.moderate()
    this.taken++
    if (edited) return true
    const { done } = this.steps.next()
    // A run of tokens has no message of its own: it begins with the first that is accepted.
    for (const { serial } of this.texts)
      if (serial !== undefined && !(this.serial! <= serial)) this.serial = serial
    return !done
  }

  /** Others edit what is due; of an agent that is gone, all that they mean to. Returns whether they did. */
  private moderate(): boolean {
    const due = this.script.edits.find((e) => (this.dead || e.after === this.taken) && !this.done.has(e))
    if (!due) return false
    this.done.add(due)
    const text = this.texts[due.which % (this.texts.length || 1)]
    return text?.edit(due.how, due.which, this.dead) ?? false
  }

  /** Another process, after a while. Returns whether there is one. */
  private succeed(): boolean {
    const { successor } = this.script
    if (!successor || this.ended || !['ours', 'stamped', 'plain'].includes(this.manner)) return false
    if (this.pause-- > 0) return true
    this.dead = false
    this.model.connect(this.clientId)
    if (successor.how === 'withdraws' && this.strict) this.steps = this.withdraw()
    else {
      const ends = successor.how === 'ends' && this.strict
      const from = successor.how === 'channel' || successor.how === 'less' ? successor.how : 'all'
      for (const text of this.texts) if (!text.closed && !text.retracted) text.resume(from)
      if (ends) this.steps = this.fail()
    }
    return true
  }

  private *withdraw(): Generator<void> {
    this.say('retract', { all: true })
    this.withdrawn = this.ended = true
    for (const text of this.texts) text.failed = false
    yield
  }

  private *fail(): Generator<void> {
    this.status = 'error'
    this.brokenOff = true
    yield* this.finish()
  }

  private readonly done = new Set<unknown>();

  private *run(): Generator<void> {
    const { script } = this
    this.marked = script.marked || this.strict
    if (this.prompt && !this.isEarly) {
      this.prompt.publish()
      yield
      // What was cancelled is not begun.
      if (this.prompt.cancelled && this.strict) return void (this.ended = true)
    }
    if (script.pattern === 'token' && this.marked) {
      this.say('start')
      yield
    }
    for (const part of script.parts) {
      const { texts, wholes, count } = this
      const before = [texts.length, wholes.length] as const
      let steps = 0
      const writing = this.write(part)
      while (!writing.next().done) {
        yield
        if (!this.strict || part.retracted !== steps++) continue
        yield* this.retract(count, texts.slice(before[0]), wholes.slice(before[1]))
        break
      }
    }
    yield* this.finish()
  }

  private *write(part: PartScript): Generator<void> {
    if (part.kind === 'text' || part.kind === 'reasoning') yield* this.writeText(part.kind, part.fragments)
    else if (part.kind === 'input') yield* this.writeInput(part.fragments)
    else if (part.kind === 'tool') yield* this.others.callTool(this.nextCall(), part.fails)
    else {
      const number = this.nextPart()
      const header = this.partHeader(number)
      yield* part.kind === 'source'
        ? this.others.cite(number, header)
        : this.others.giveData(part.again, header)
    }
  }

  /** Takes back what was written since then. */
  private *retract(from: number, texts: ModelText[], wholes: readonly Whole[]): Generator<void> {
    const parts = Array.from({ length: this.count - from }, (_, i) => String(from + i))
    this.retracted.push(...parts)
    this.say('retract', { parts })
    for (const one of [...wholes, ...texts]) one.retracted = true
    yield
    for (const text of texts) text.empty()
    yield
  }

  private get early(): number | undefined {
    return this.script.prompt?.early
  }

  /** It answers a prompt that is not on the channel yet. */
  private get isEarly(): boolean {
    return this.prompt !== undefined && this.prompt.serial === undefined && this.early !== undefined
  }

  private *finish(): Generator<void> {
    if (this.isEarly) {
      this.prompt?.publish()
      yield
    }
    // Tokens of a plain agent have no other end.
    for (const text of this.texts)
      if (!text.closed) {
        if (this.manner === 'wrong') text.recover()
        text.close()
        yield
      }
    if (this.marked) {
      const name = this.script.pattern === 'token' ? 'stop' : 'response-end'
      this.say(name, '', this.status === 'complete' ? {} : { status: this.status })
    }
    this.ended = true
    yield
  }

  private *writeText(kind: 'text' | 'reasoning', fragments: readonly Fragment[]): Generator<void> {
    const text = this.textFor(kind)
    yield
    let at = 0
    let current = text
    for (const fragment of fragments) {
      if (this.manner === 'older' && at++ === 3) {
        // From here on, an agent without stamps continues the text.
        current.repair()
        this.manner = 'plain'
        current.style.end = undefined
        if (this.script.pattern === 'token') {
          current.closed = true
          current = this.textFor(kind)
        }
      }
      const refused = fragment.refused && this.manner !== 'wrong'
      current.write({ ...fragment, refused })
      yield
      if (fragment.refused && fragment.merged) {
        current.repair()
        yield
      }
    }
    if (this.script.pattern === 'token' && !this.strict) return
    if (this.manner === 'wrong') current.recover()
    current.close()
    yield
  }

  private *writeInput(fragments: readonly Fragment[]): Generator<void> {
    const { script } = this
    const { id, part } = this.nextCall()
    if (this.manner === 'wrong' || (script.pattern === 'token' && !this.strict))
      return yield* this.others.callTool({ id, part }, false)
    const style = this.style('tool', part)
    const text = new ModelText(this.model, {
      ...style,
      headers: { ...style.headers, toolCallId: id, toolName: 'look' },
    })
    this.texts.push(text)
    text.begin(script.pattern === 'message' ? '{"q":"' : '')
    this.serial ??= text.serial
    if (script.pattern === 'token') text.write({ text: '{"q":"', refused: false, merged: false, full: false })
    yield
    for (const { text: said, ...how } of fragments) {
      const refused = how.refused && script.pattern === 'message'
      text.write({ ...how, refused, full: false, text: JSON.stringify(said).slice(1, -1) })
      yield
    }
    text.write({ text: '"}', refused: false, merged: false, full: false })
    text.close()
    text.whole = true
    yield
    yield* this.others.callTool({ id, part }, false, text)
  }

  /** A text of its own; without ids, all tokens of a kind are one. */
  private textFor(kind: 'text' | 'reasoning'): ModelText {
    const style = this.style(kind)
    if (style.pattern === 'token' && style.headers.part === undefined) {
      const known = this.texts.find((t) => t.style.kind === kind && t.style.headers.part === undefined)
      if (known) {
        known.closed = false
        known.style.end = style.end
        return known
      }
    }
    const text = new ModelText(this.model, style)
    this.texts.push(text)
    text.begin('')
    this.serial ??= text.serial
    return text
  }

  private style(kind: TextStyle['kind'], part = this.partHeader(this.nextPart())): TextStyle {
    const end =
      this.manner === 'plain'
        ? undefined
        : (text: string) => String(this.manner === 'wrong' ? Array.from(text).length * 3 : text.length)
    return {
      pattern: this.script.pattern,
      kind,
      headers: { ...this.headers(), ...part },
      end,
    }
  }

  private get strict(): boolean {
    return this.manner === 'ours' || this.manner === 'older'
  }

  private nextPart(): string {
    return String(this.count++)
  }

  private nextCall(): Call {
    const part = this.nextPart()
    return { id: `${this.id} c${part}`, part: this.partHeader(part) }
  }

  private partHeader(part: string): Record<string, string> {
    return this.strict ? { part } : {}
  }

  private headers(): Record<string, string> {
    return {
      ...(this.named && { responseId: this.id }),
      ...(this.promptId !== undefined && { promptId: this.promptId }),
      ...(this.strict && { rejoin: '1' }),
    }
  }

  private say(name: string, data: unknown = '', more: Record<string, string> = {}): string {
    const serial = this.model.create({ name, data, headers: { ...this.headers(), ...more } })
    this.serial ??= serial
    return serial
  }
}
