import type { ChannelModel } from './channelModel.ts'
import { ModelText } from './modelText.ts'
import type { TextStyle } from './modelText.ts'
import type { Fragment, Script } from './script.ts'

/** A part that is no text: what a reader ends with. */
interface Whole {
  serial: string
  id: string
  /** Equal to what a view gets, in the end. */
  expected: Record<string, unknown>
}

/** Writes one response on a model channel, as its script says; others edit it. */
export class ModelAgent {
  readonly id: string
  readonly script: Script
  readonly texts: ModelText[] = []
  readonly wholes: Whole[] = []
  readonly promptId: string | undefined
  /** Its first message. */
  serial: string | undefined
  promptSerial: string | undefined
  ended = false
  /** It is gone, and left its response as it was. */
  dead = false
  /** It says where it begins and ends. */
  marked = false
  private readonly model: ChannelModel
  private readonly steps: Generator<void>
  private manner: Script['manner']
  private count = 0
  private taken = 0

  constructor(model: ChannelModel, id: string, script: Script) {
    this.model = model
    this.id = id
    this.script = script
    this.manner = script.manner
    this.promptId = script.prompt && this.named ? `prompt of ${id}` : undefined
    this.steps = this.run()
  }

  get named(): boolean {
    return this.id.startsWith('r')
  }

  get text(): string {
    return this.ofKind('text')
      .map((t) => t.text)
      .join('')
  }

  /** Whether its text was edited. */
  get edited(): boolean {
    return this.texts.some((t) => t.edited)
  }

  ofKind(kind: 'text' | 'reasoning' | 'tool'): ModelText[] {
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
    return this.texts.some((text) => text.failed)
  }

  /** Goes on by one operation. Returns whether there was one. */
  advance(): boolean {
    if (this.dead) return false
    if (this.script.dies === this.taken && !this.ended && this.serial !== undefined) {
      this.dead = true
      // What the roll-up holds is published all the same.
      for (const text of this.texts) text.release()
      return true
    }
    if (this.script.promptAgain === this.taken && this.promptSerial !== undefined) {
      this.taken++
      this.prompt()
      return true
    }
    const due = this.script.edits.find((e) => e.after === this.taken && !this.done.has(e))
    this.taken++
    if (due) {
      this.done.add(due)
      const text = this.texts[due.which % (this.texts.length || 1)]
      if (text?.edit(due.how, due.which)) return true
    }
    const { done } = this.steps.next()
    // A run of tokens has no message of its own: it begins with the first that is accepted.
    for (const { serial } of this.texts)
      if (serial !== undefined && !(this.serial! <= serial)) this.serial = serial
    return !done
  }

  private prompt(): string {
    const data = { promptId: this.promptId, text: `What is ${this.id}?` }
    return this.model.create({ name: 'user-input', headers: {}, data, clientId: 'user' })
  }

  private readonly done = new Set<unknown>();

  private *run(): Generator<void> {
    const { script } = this
    this.marked = script.marked || this.strict
    if (this.promptId !== undefined) {
      this.promptSerial = this.prompt()
      yield
    }
    if (script.pattern === 'token' && this.marked) {
      this.say('start')
      yield
    }
    for (const part of script.parts) {
      if (part.kind === 'text' || part.kind === 'reasoning') yield* this.writeText(part.kind, part.fragments)
      else if (part.kind === 'input') yield* this.writeInput(part.fragments)
      else if (part.kind === 'tool') yield* this.callTool(`${this.id} c${this.nextPart()}`, part.fails, true)
      else if (part.kind === 'source') yield* this.cite()
      else yield* this.giveData(part.again)
    }
    // Tokens of a plain agent have no other end.
    for (const text of this.texts)
      if (!text.closed) {
        if (this.manner === 'wrong') text.recover()
        text.close()
        yield
      }
    if (this.marked) this.say(script.pattern === 'token' ? 'stop' : 'response-end')
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
    const id = `${this.id} c${this.nextPart()}`
    if (this.manner === 'wrong' || (script.pattern === 'token' && !this.strict))
      return yield* this.callTool(id, false, true)
    const style = this.style('tool')
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
    yield
    yield* this.callTool(id, false, false)
  }

  private *callTool(id: string, fails: boolean, called: boolean): Generator<void> {
    const headers = { toolCallId: id }
    const input = { q: id }
    const first = called ? this.say('tool_call', { name: 'look', args: input }, headers) : undefined
    if (called) yield
    this.say('tool_progress', { name: 'look', percentComplete: 50 }, headers)
    yield
    const outcome = fails ? { error: 'no' } : { result: [id] }
    this.say('tool_result', { name: 'look', ...outcome }, headers)
    const state = fails
      ? { state: 'output-error', errorText: 'no' }
      : { state: 'output-available', output: [id] }
    const serial = first ?? this.texts.at(-1)!.serial!
    const text = called ? undefined : this.texts.at(-1)!
    this.wholes.push({
      serial,
      id,
      expected: {
        type: 'tool-look',
        ...state,
        input: called ? input : JSON.parse(text!.text),
        progress: { percentComplete: 50 },
      },
    })
    yield
  }

  private *cite(): Generator<void> {
    const part = this.nextPart()
    const data = { sourceId: `s${part}`, url: `https://x.test/${part}` }
    const serial = this.say('source', data, this.partHeader(part))
    const id = this.partHeader(part).part ?? data.sourceId
    this.wholes.push({ serial, id, expected: { type: 'source-url', ...data } })
    yield
  }

  private *giveData(again: boolean): Generator<void> {
    const part = this.partHeader(this.nextPart())
    const serial = this.say('data-count', { n: 1 }, part)
    const whole = { serial, id: part.part ?? serial, expected: { type: 'data-count', data: { n: 1 } } }
    this.wholes.push(whole)
    yield
    if (!again || part.part === undefined) return
    this.say('data-count', { n: 2 }, part)
    whole.expected.data = { n: 2 }
    yield
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

  private style(kind: TextStyle['kind']): TextStyle {
    const end =
      this.manner === 'plain'
        ? undefined
        : (text: string) => String(this.manner === 'wrong' ? Array.from(text).length * 3 : text.length)
    return {
      pattern: this.script.pattern,
      kind,
      headers: { ...this.headers(), ...this.partHeader(this.nextPart()) },
      end,
    }
  }

  private get strict(): boolean {
    return this.manner === 'ours' || this.manner === 'older'
  }

  private nextPart(): string {
    return String(this.count++)
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
