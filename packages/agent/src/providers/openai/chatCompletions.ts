import type { FileEvent, ModelEvent, Usage } from '../../response/modelEvent.ts'
import { brokenOff, failure } from '../common/broken.ts'
import { Citations, contentOf, fileOf, type Said } from '../common/chatContent.ts'
import { CurrentText } from '../common/currentText.ts'
import { ending } from '../common/ending.ts'
import { Intake, isFields, numberIn, textIn, type Fields, wordFor } from '../common/intake.ts'
import { ReasoningDetails } from './reasoningDetails.ts'
import { ReasoningTag } from './reasoningTag.ts'
import { StreamedCalls } from '../common/streamedCalls.ts'
import { openAIUsage } from '../common/usage.ts'

/** How to read a stream of chat completions. */
export interface ChatOptions {
  /** The provider's name, under which its metadata is kept, such as `openrouter`. Default `openaiCompatible`. */
  name?: string
  /** Reasoning is in the text, between tags of this name: `think` for `<think>…</think>`. */
  reasoningTag?: string
  /** With `reasoningTag`: the text begins with reasoning, and its opening tag is missing. */
  startWithReasoning?: boolean
}

/** The Chat Completions API and its dialects. Of several choices, the first. */
export class ChatMapper {
  readonly #intake = new Intake()
  readonly #text = new CurrentText()
  readonly #calls = new StreamedCalls(() => this.#name)
  readonly #citations = new Citations(() => this.#name, this.#intake)
  readonly #details = new ReasoningDetails()
  readonly #files = new Set<string>()
  readonly #tag: ReasoningTag | undefined
  readonly #provider: string
  readonly #fallbackName = Math.random().toString(36).slice(2, 10)
  #id: string | undefined
  #model: string | undefined
  #usage: Usage | undefined
  /** The provider's finish reason, and the completion that reported it. */
  #end: { word: string; id: string | undefined } | undefined
  #hadCalls = false
  #refused = false
  #spoke = false
  #over = false

  constructor({ name = 'openaiCompatible', reasoningTag, startWithReasoning = false }: ChatOptions = {}) {
    this.#provider = name
    this.#tag = reasoningTag === undefined ? undefined : new ReasoningTag(reasoningTag, startWithReasoning)
  }

  *map(item: unknown): Generator<ModelEvent> {
    if (this.#over) return
    yield* this.#intake.reporting(this.#chunk(item))
  }

  *end(): Generator<ModelEvent> {
    if (!this.#over) yield* this.#intake.reporting(this.#ended())
  }

  *#ended(): Generator<ModelEvent> {
    this.#over = true
    if (this.#tag) for (const [kind, text] of this.#tag.end()) yield* this.#grow(kind, text)
    yield* this.#closeText()
    this.#hadCalls ||= this.#calls.size > 0
    yield* this.#calls.end({ broken: !this.#end })
    if (!this.#end) return yield brokenOff(!this.#spoke)
    const usage = this.#usage
    yield ending(this.#end.word, {
      ...(usage && { usage }),
      wantsTools: this.#hadCalls,
      refused: this.#refused,
    })
  }

  get #name(): string {
    return this.#id ?? this.#fallbackName
  }

  *#chunk(item: unknown): Generator<ModelEvent> {
    const outer = this.#intake.fields(item, 'chunk')
    // Mistral's client wraps each chunk.
    const chunk = isFields(outer?.['data']) ? outer['data'] : outer
    if (!chunk) return
    const groq = isFields(chunk['x_groq']) ? chunk['x_groq'] : {}
    const choice = this.#choice(chunk)
    const error = chunk['error'] ?? groq['error'] ?? choice?.['error']
    if (error) {
      this.#over = true
      return yield failure(error)
    }
    const id = textIn(chunk['id'])
    if (this.#end && id !== this.#end.id && choice) yield* this.#again()
    this.#id = id ?? this.#id
    const model = textIn(chunk['model'])
    if (model && model !== this.#model) yield { type: 'metadata', metadata: { model: (this.#model = model) } }
    this.#usage = openAIUsage(chunk['usage'] ?? groq['usage']) ?? this.#usage
    if (choice) yield* this.#said(choice)
    yield* this.#citations.beside(chunk)
  }

  /** The first choice, by index or else by place. */
  #choice(chunk: Fields): Fields | undefined {
    const choices = this.#intake.list(chunk['choices'], 'choices')
    const indexed = choices.find(({ index }) => index === 0)
    const other = choices.find(({ index }) => numberIn(index) !== undefined && index !== 0)
    if (other) this.#intake.drop(`choices[${wordFor(other['index'])}]`, 'only the first choice is shown')
    return indexed ?? choices.find(({ index }) => numberIn(index) === undefined)
  }

  /**
   * A further completion in the same stream, as in a loop of tool calls: the calls of the previous one are complete.
   */
  *#again(): Generator<ModelEvent> {
    yield* this.#closeText()
    yield* this.#calls.end()
    this.#end = undefined
    this.#hadCalls = false
  }

  *#said(choice: Fields): Generator<ModelEvent> {
    const { intake, delta } = { intake: this.#intake, delta: this.#delta(choice) }
    this.#spoke = true
    yield* this.#reasoning(delta)
    for (const said of contentOf(delta['content'], 'delta.content', intake)) yield* this.#content(said)
    const refusal = intake.text(delta['refusal'], 'delta.refusal')
    if (refusal) this.#refused = true
    yield* this.#grow('text', refusal)
    const transcript = isFields(delta['audio']) ? textIn(delta['audio']['transcript']) : undefined
    if (transcript) yield* this.#grow('text', transcript)
    if (isFields(delta['audio']) && delta['audio']['data'])
      intake.drop('delta.audio.data', 'no part holds audio')
    for (const [place, image] of intake.list(delta['images'], 'delta.images').entries()) {
      const file = fileOf(image)
      if (file) yield* this.#file(file)
      else intake.drop(`delta.images[${place}]`, 'it has no address')
    }
    yield* this.#toolCalls(delta)
    const open = this.#text.current
    const textId = open?.kind === 'text' ? open.id : undefined
    yield* this.#citations.annotations(delta['annotations'], 'delta.annotations', textId)
    this.#finished(choice)
  }

  /** The new content; a server that does not stream sends a `message` instead. */
  #delta(choice: Fields): Fields {
    const delta = this.#intake.fields(choice['delta'], 'delta')
    return delta ?? this.#intake.fields(choice['message'], 'message') ?? {}
  }

  *#reasoning(delta: Fields): Generator<ModelEvent> {
    const intake = this.#intake
    const detailed = this.#details.add(delta['reasoning_details'], 'delta.reasoning_details', intake)
    // DeepSeek, vLLM and others use one name, OpenRouter and Groq the other, some servers both.
    const content = intake.text(delta['reasoning_content'], 'delta.reasoning_content')
    const plain = intake.text(delta['reasoning'], 'delta.reasoning')
    if (content && plain && content !== plain) {
      intake.drop('delta.reasoning', 'it differs from reasoning_content, which is shown')
    }
    yield* this.#grow('reasoning', content || plain || detailed)
  }

  *#content(said: Said): Generator<ModelEvent> {
    if (!('kind' in said)) return yield* this.#file(said)
    if (said.text === '') return
    if (said.kind === 'reasoning' || !this.#tag) return yield* this.#grow(said.kind, said.text)
    for (const [kind, text] of this.#tag.split(said.text)) yield* this.#grow(kind, text)
  }

  *#grow(kind: 'text' | 'reasoning', text: string): Generator<ModelEvent> {
    if (text === '') return
    if (kind === 'text') yield* this.#endReasoning()
    yield* this.#text.grow(kind, text)
  }

  *#file(file: FileEvent): Generator<ModelEvent> {
    if (this.#files.has(file.url)) return
    this.#files.add(file.url)
    yield* this.#closeText()
    yield file
  }

  *#toolCalls(delta: Fields): Generator<ModelEvent> {
    const legacy = this.#intake.fields(delta['function_call'], 'delta.function_call')
    const calls = this.#intake.list(delta['tool_calls'] ?? delta['toolCalls'], 'delta.tool_calls')
    if (legacy) calls.push({ index: -1, function: legacy })
    for (const [place, call] of calls.entries()) {
      const what = `delta.tool_calls[${place}]`
      const custom = isFields(call['custom']) ? call['custom'] : undefined
      const called = custom ?? this.#intake.fields(call['function'], `${what}.function`) ?? {}
      const value = custom ? custom['input'] : called['arguments']
      const text = isFields(value) ? JSON.stringify(value) : this.#intake.text(value, `${what}.arguments`)
      yield* this.#closeText()
      yield* this.#calls.add({
        id: textIn(call['id']) ?? '',
        index: numberIn(call['index']),
        place,
        name: textIn(called['name']) ?? '',
        text,
        plain: custom !== undefined,
      })
    }
  }

  #finished(choice: Fields): void {
    const word = textIn(choice['finish_reason']) ?? textIn(choice['finishReason'])
    if (word) this.#end = { word, id: this.#id }
    else this.#intake.text(choice['finish_reason'], 'finish_reason')
  }

  *#closeText(): Generator<ModelEvent> {
    yield* this.#endReasoning()
    yield* this.#text.close()
    yield* this.#endReasoning()
  }

  /**
   * Details belong to the reasoning they came with. Without visible reasoning, they make a reasoning part without text;
   * they do not split an open text.
   */
  *#endReasoning(): Generator<ModelEvent> {
    if (this.#text.current?.kind === 'text') return
    const details = this.#details.take()
    if (details.length > 0) {
      const open = yield* this.#text.open('reasoning')
      open.metadata = { [this.#provider]: { reasoning_details: details } }
    }
    yield* this.#text.close()
  }
}
