import type { Usage } from '../../response/modelEvent.ts'
import { CurrentText } from '../common/currentText.ts'
import { isFields, textIn, type Fields } from '../common/intake.ts'
import { StreamedCalls } from '../common/streamedCalls.ts'
import { count, usageOf, type Counts } from '../common/usage.ts'

/** A message of the model, as far as shown. */
export interface AIMessageState {
  readonly id: string | undefined
  readonly current: CurrentText
  readonly calls: StreamedCalls
  /** Calls of whole messages, as last received. */
  readonly whole: Map<string, { name: string; args: unknown }>
  text: string
  reasoning: string
  /** The provider's reason for the model's stop. */
  reason: string | undefined
  /** The message came whole, or its last chunk has come. */
  complete: boolean
  usage: Counts
  /** When it began and was last updated, counted in items of the stream. */
  readonly begunAt: number
  lastAt: number
}

/** The messages of a stream, by id, unless the same message comes under another id. */
export class AIMessages {
  readonly all: AIMessageState[] = []
  readonly #byId = new Map<string, AIMessageState>()
  /** The last message, unless a message of another kind followed it. */
  #last: AIMessageState | undefined

  /** A message that is not the model's has come. */
  interrupted(): void {
    this.#last = undefined
  }

  find(id: string | undefined, chunk: boolean, told: { text: string; callIds: string[] }, now: number) {
    const found =
      (id === undefined ? undefined : this.#byId.get(id)) ??
      (chunk ? this.#unnamed(id) : this.#again(told)) ??
      this.#add(id, now)
    if (id !== undefined) this.#byId.set(id, found)
    found.lastAt = now
    this.#last = found
    return found
  }

  /** A chunk without an id continues the last message without an id. */
  #unnamed(id: string | undefined): AIMessageState | undefined {
    const last = this.#last
    return id === undefined && last && last.id === undefined && !last.reason ? last : undefined
  }

  /**
   * Finds a whole message already shown under another id: by a common call, or as the last message by the same text.
   */
  #again({ text, callIds }: { text: string; callIds: string[] }): AIMessageState | undefined {
    const called = this.all.find(({ calls, whole }) => callIds.some((id) => calls.has(id) || whole.has(id)))
    if (called || callIds.length > 0) return called
    return text !== '' && this.#last?.text === text ? this.#last : undefined
  }

  #add(id: string | undefined, now: number): AIMessageState {
    const name = `${id ?? 'message'}-${this.all.length}`
    const added: AIMessageState = {
      id,
      current: new CurrentText(`${this.all.length}-`),
      calls: new StreamedCalls(() => name),
      whole: new Map(),
      text: '',
      reasoning: '',
      reason: undefined,
      complete: false,
      usage: {},
      begunAt: now,
      lastAt: now,
    }
    this.all.push(added)
    return added
  }
}

/** The reason for a model's stop, if its integration reports one. */
export function reasonOf(message: Fields): string | undefined {
  const places = [message['response_metadata'], message['additional_kwargs']].filter(isFields)
  for (const place of places) {
    const stop = isFields(place['messageStop']) ? place['messageStop'] : {}
    const words = ['finish_reason', 'stop_reason', 'finishReason', 'done_reason', 'stopReason']
    const found = words.map((word) => textIn(place[word])).find((word) => word !== undefined)
    const reason = found ?? textIn(stop['stopReason']) ?? responsesStatus(place)
    if (reason) return reason
  }
  return undefined
}

/** OpenAI's Responses API has a status instead. */
function responsesStatus({ status, incomplete_details: details }: Fields): string | undefined {
  if (status === 'incomplete') return (isFields(details) && textIn(details['reason'])) || 'failed'
  return status === 'completed' || status === 'failed' || status === 'cancelled' ? status : undefined
}

/** The tokens of a message or chunk; the counts of chunks add up. */
export function countsOf(message: Fields, before: Counts): Counts {
  const usage = message['usage_metadata']
  if (!isFields(usage)) return before
  const input = isFields(usage['input_token_details']) ? usage['input_token_details'] : {}
  const output = isFields(usage['output_token_details']) ? usage['output_token_details'] : {}
  return sum(before, {
    input: count(usage, 'input_tokens'),
    cacheRead: count(input, 'cache_read'),
    cacheWrite: count(input, 'cache_creation'),
    output: count(usage, 'output_tokens'),
    reasoning: count(output, 'reasoning'),
    total: count(usage, 'total_tokens'),
  })
}

export function totalUsage(messages: readonly AIMessageState[]): Usage | undefined {
  return usageOf(messages.reduce<Counts>((total, { usage }) => sum(total, usage), {}))
}

function sum(one: Counts, other: Counts): Counts {
  const names = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning', 'total'] as const
  const added = names.map((name) => {
    const [a, b] = [one[name], other[name]]
    return [name, a === undefined ? b : a + (b ?? 0)] as const
  })
  return Object.fromEntries(added)
}
