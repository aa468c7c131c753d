import type {
  FilePart,
  Gap,
  Part,
  PromptState,
  ProviderMetadata,
  ReasoningPart,
  ResponseState,
  TextPart,
} from '@rejoin/core'
import type { Conversation } from '../memory/conversation.ts'

export interface ConvertOptions {
  /**
   * Which reasoning the model receives again: that of the turn whose tool calls it has not answered yet (`open-loop`,
   * the default, which Anthropic requires), of `all` turns (OpenAI without `store`), or `none`.
   */
  reasoning?: 'open-loop' | 'all' | 'none'
  /** Prepares a file for the model: signs its URL again, or inlines it. Undefined: the file is left out. */
  file?: (part: FilePart) => Promise<FilePart | undefined> | FilePart | undefined
  /** Converts application data for the model. Default: left out. */
  data?: (part: DataPart) => FilePart | TextPart | undefined
  /** Replaces missing text. Default `[…]`. */
  gap?: string
}

/** Application data of a prompt or response. */
export interface DataPart {
  readonly id?: string
  readonly type: `data-${string}`
  readonly data: unknown
}

export type UserContent = { type: 'text'; text: string } | { type: 'file'; file: FilePart }

export interface Call {
  toolCallId: string
  toolName: string
  input: unknown
  output: unknown
  /** The call failed or was denied: `output` is the reason. */
  failed: boolean
  providerMetadata: ProviderMetadata | undefined
}

/** The output of one model call: reasoning and text in order, then its tool calls with their outcomes. */
export interface Step {
  said: (
    | { type: 'text' | 'reasoning'; text: string; providerMetadata: ProviderMetadata | undefined }
    | { type: 'file'; file: FilePart }
  )[]
  calls: Call[]
}

/** A conversation in the terms of model providers. */
export type Turn =
  | { role: 'system'; text: string }
  | { role: 'user'; content: UserContent[] }
  | { role: 'assistant'; steps: Step[] }

/** Text that replaces a file where a provider takes none. */
export function mentionOf({ filename, mediaType, url }: FilePart): string {
  const name = filename ?? (url.startsWith('data:') ? '' : url)
  return `[file${name && ` ${name}`} (${mediaType})]`
}

/** The turns of a conversation, without the parts that a model must not receive again. */
export async function turnsOf(conversation: Conversation, options: ConvertOptions = {}): Promise<Turn[]> {
  const turns: Turn[] = []
  const ids = new Set<string>()
  const last = conversation.messages.findLastIndex(({ role }) => role === 'assistant')
  for (const [i, message] of conversation.messages.entries()) {
    if (message.role === 'system') turns.push({ role: 'system', text: message.text })
    else if (message.role === 'user') {
      const parts = (message as { parts?: readonly (TextPart | FilePart | DataPart)[] }).parts ?? []
      const content = await userContent(beginningOf(message, options), parts, options)
      if (content.length > 0) turns.push({ role: 'user', content })
    } else {
      const open = i === last && endsInCalls(message)
      const { reasoning = 'open-loop' } = options
      const keep = reasoning === 'all' || (reasoning === 'open-loop' && open)
      const steps = await stepsOf(message, keep, options, conversation)
      for (const call of steps.flatMap(({ calls }) => calls)) call.toolCallId = unused(call.toolCallId, ids)
      if (steps.length > 0) turns.push({ role: 'assistant', steps })
    }
  }
  return merged(turns)
}

/** An id that no call before has: some models count their calls anew in each answer, and providers refuse an id twice. */
function unused(id: string, ids: Set<string>): string {
  let own = id
  for (let n = 2; ids.has(own); n++) own = `${id}-${n}`
  ids.add(own)
  return own
}

/** The text of a prompt, with a mark at its end if not all of it has come. */
function beginningOf(
  { text, incomplete }: Pick<PromptState, 'text' | 'incomplete'>,
  options: ConvertOptions,
): string {
  return incomplete ? text + (options.gap ?? '[…]') : text
}

/** Providers require turns to alternate, so consecutive turns of one side are joined. */
function merged(turns: Turn[]): Turn[] {
  const result: Turn[] = []
  for (const turn of turns) {
    const before = result.at(-1)
    if (turn.role === 'user' && before?.role === 'user') before.content.push(...turn.content)
    else if (turn.role === 'assistant' && before?.role === 'assistant') before.steps.push(...turn.steps)
    else result.push(turn)
  }
  // A conversation must not begin with the model's turn.
  const first = result.findIndex(({ role }) => role !== 'system')
  if (result[first]?.role === 'assistant') result.splice(first, 1)
  return result
}

async function userContent(
  text: string,
  parts: readonly (TextPart | FilePart | DataPart)[],
  options: ConvertOptions,
): Promise<UserContent[]> {
  // Providers refuse text that is only white space.
  const content: UserContent[] = text.trim() === '' ? [] : [{ type: 'text', text }]
  for (const part of parts) {
    const shown = part.type.startsWith('data-')
      ? options.data?.(part as DataPart)
      : (part as TextPart | FilePart)
    if (shown?.type === 'text') {
      if (shown.text.trim() !== '') content.push({ type: 'text', text: shown.text })
    } else if (shown) {
      const file = await fileOf(shown, options)
      if (file) content.push({ type: 'file', file })
    }
  }
  return content
}

async function fileOf(part: FilePart, { file }: ConvertOptions): Promise<FilePart | undefined> {
  if (part.incomplete || part.url === '') return undefined
  return file ? file(part) : part
}

async function stepsOf(
  response: ResponseState,
  withReasoning: boolean,
  options: ConvertOptions,
  { calls }: Conversation,
): Promise<Step[]> {
  const steps: Step[] = []
  let step: Step = { said: [], calls: [] }
  const flush = (): void => {
    if (step.said.some(({ type }) => type !== 'reasoning') || step.calls.length > 0) steps.push(step)
    step = { said: [], calls: [] }
  }
  for (const part of response.parts) {
    if (isCall(part)) {
      const answer = calls.find(
        ({ responseId, toolCallId }) => responseId === response.id && toolCallId === part.toolCallId,
      )
      const call = settledCall(part, answer)
      if (call) step.calls.push(call)
      // Reasoning is bound to the call that follows it, so it is left out with the call.
      else step.said = withoutTrailingReasoning(step.said)
      continue
    }
    if (step.calls.length > 0) flush()
    if (part.type === 'text') {
      const text = withGaps(part.text, response.gaps, part.id, options.gap ?? '[…]')
      if (text.trim() !== '') step.said.push({ type: 'text', text, providerMetadata: part.providerMetadata })
    } else if (part.type === 'reasoning') {
      if (withReasoning && part.state === 'done' && isSigned(part) && !hasGap(response.gaps, part.id))
        step.said.push({ type: 'reasoning', text: part.text, providerMetadata: part.providerMetadata })
    } else if (part.type === 'file') {
      const file = await fileOf(part, options)
      if (file) step.said.push({ type: 'file', file })
    } else if (part.type.startsWith('data-')) {
      const shown = options.data?.(part as DataPart)
      if (shown?.type === 'text' && shown.text.trim() === '') continue
      if (shown?.type === 'text')
        step.said.push({ type: 'text', text: shown.text, providerMetadata: undefined })
      else if (shown) step.said.push({ type: 'file', file: shown })
    }
  }
  if (step.calls.length === 0) step.said = withoutTrailingReasoning(step.said)
  flush()
  return steps
}

function withoutTrailingReasoning(said: Step['said']): Step['said'] {
  const end = said.findLastIndex(({ type }) => type !== 'reasoning')
  return said.slice(0, end + 1)
}

type CallPart = Extract<Part, { toolCallId: string }>

const isCall = (part: Part): part is CallPart => 'toolCallId' in part

/**
 * A call with its outcome; undefined without an outcome, because a model must not receive a call without its result.
 */
function settledCall(
  part: CallPart,
  answer: { output?: unknown; errorText?: string } | undefined,
): Call | undefined {
  // The provider ran the tool and has its result.
  if (part.providerExecuted) return undefined
  const toolName = part.type === 'dynamic-tool' ? part.toolName : part.type.slice('tool-'.length)
  const call = {
    toolCallId: part.toolCallId,
    toolName,
    input: part.input ?? {},
    providerMetadata: part.callProviderMetadata,
  }
  if (part.state === 'output-available' && !part.preliminary && !part.incomplete)
    return { ...call, output: part.output ?? null, failed: false }
  if (part.state === 'output-error')
    return { ...call, output: part.errorText ?? 'the tool failed', failed: true }
  if (part.state === 'output-denied') {
    const reason = part.approval?.reason
    return { ...call, output: `a person declined this call${reason ? `: ${reason}` : ''}`, failed: true }
  }
  if (answer && 'output' in answer) return { ...call, output: answer.output ?? null, failed: false }
  if (answer?.errorText !== undefined) return { ...call, output: answer.errorText, failed: true }
  return undefined
}

/** Whether the model's last output is tool calls, without a later text. */
function endsInCalls({ parts }: ResponseState): boolean {
  const last = parts.findLast((part) => part.type === 'text' || part.type === 'reasoning' || isCall(part))
  return last !== undefined && isCall(last)
}

/** Whether a provider can verify that the reasoning is its own. */
function isSigned({ providerMetadata }: ReasoningPart): boolean {
  const { anthropic, openai, google } = providerMetadata ?? {}
  return (
    anthropic?.['signature'] !== undefined ||
    anthropic?.['redactedData'] !== undefined ||
    openai?.['itemId'] !== undefined ||
    google?.['thoughtSignature'] !== undefined
  )
}

const hasGap = (gaps: readonly Gap[], part: string): boolean => gaps.some((gap) => gap.part === part)

/** The text with `mark` in place of each gap, so that the text on both sides is never joined. */
function withGaps(text: string, gaps: readonly Gap[], part: string, mark: string): string {
  let result = text
  const own = gaps.filter((gap) => gap.part === part)
  for (const { from } of own.toSorted((a, b) => b.from - a.from))
    result = result.slice(0, from) + mark + result.slice(from)
  return result
}
