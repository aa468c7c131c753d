import type { InboundMessage } from 'ably'
import { ErrorCode, wrapError, type RejoinError, Header, MessageName } from '@rejoin/core/protocol'
import { isAnswerTo } from '../inbound/answers.ts'
import { headersOf, parsed, senderOf, type Who } from '../inbound/fields.ts'
import { promptIdOf, readPrompt, type Prompt } from '../inbound/prompt.ts'
import { PromptTexts } from '../inbound/promptTexts.ts'
import { PastResponse } from '../response/pastResponse.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Task } from './promptQueue.ts'

/** Events on the channel since a checkpoint, and the prompts that were open at it. */
export interface Missed {
  /** Prompts to answer, oldest first. `past` is a former process's answer so far. */
  readonly prompts: Task[]
  /** Prompts already answered without the checkpoint's knowledge. */
  readonly answered: { prompt: Prompt; past: PastResponse }[]
  /** Prompts cancelled before they were answered. */
  readonly cancelled: Task[]
  /** Prompts taken by an answer that was suspended and has not ended: they are settled with it. */
  readonly taken: { prompt: Prompt; past: PastResponse }[]
  /** Decisions and tool results that a resumed answer may wait for. */
  readonly answers: InboundMessage[]
  /** Ids of prompts that lack pieces. */
  readonly unreadable: string[]
  /** Serial of the newest message. */
  readonly serial: string
}

/** Decides which messages count. */
export interface Judge {
  /** Whether this agent must answer the prompt. */
  isOurs(prompt: Prompt): boolean
  /** Whether a former process of this agent published the message. */
  isOwn(message: InboundMessage): boolean
  mayCancel(who: Who, answer: { prompt: Prompt }): boolean
}

/** Reads the channel's past, oldest first, and sorts its prompts by what became of them. */
export class MissedReader {
  readonly #checkpoint: Checkpoint
  readonly #judge: Judge
  readonly #report: (error: RejoinError) => void
  readonly #prompts: Map<string, Prompt>
  readonly #recent: ReadonlySet<string>
  readonly #responses = new Map<string, PastResponse>()
  readonly #texts = new PromptTexts()
  readonly #cancels: InboundMessage[] = []
  readonly #unreadable: string[] = []
  readonly #answers: InboundMessage[] = []
  /** The responses that have taken prompts, by prompt. */
  readonly #steered = new Map<string, string>()
  #serial = ''

  constructor(checkpoint: Checkpoint, judge: Judge, report: (error: RejoinError) => void) {
    this.#checkpoint = checkpoint
    this.#judge = judge
    this.#report = report
    this.#prompts = new Map(checkpoint.open.map(({ prompt }) => [prompt.id, { ...prompt, late: true }]))
    this.#recent = new Set(checkpoint.recent)
  }

  read(message: InboundMessage): void {
    this.#serial = message.serial ?? ''
    try {
      this.#take(message)
    } catch (error) {
      this.#report(wrapError('read a message of the past', error, ErrorCode.BadMessage))
      const promptId = message.name === MessageName.UserInput ? promptIdOf(message) : undefined
      if (promptId !== undefined && this.#serial > this.#checkpoint.serial) this.#unreadable.push(promptId)
    }
    if (ANSWERS.has(message.name) && !isPublishedByAgent(message, this.#judge)) this.#answers.push(message)
  }

  #take(message: InboundMessage): void {
    const { [Header.ResponseId]: responseId } = headersOf(message)
    switch (message.name) {
      case MessageName.PromptText:
        return this.#texts.add(message)
      case MessageName.UserInput:
        return this.#takePrompt(message)
      case MessageName.Cancel:
        return void this.#cancels.push(message)
    }
    const isOwn = this.#judge.isOwn(message)
    if (isOwn && message.name === MessageName.PromptStatus) noteSteered(message, this.#steered)
    else if (responseId !== undefined && (isOwn || isClientResult(message, this.#responses))) {
      let past = this.#responses.get(responseId)
      if (!past) this.#responses.set(responseId, (past = new PastResponse(responseId)))
      past.add(message)
    }
  }

  #takePrompt(message: InboundMessage): void {
    const prompt = readPrompt(message, true, this.#texts)
    if (!prompt || this.#prompts.has(prompt.id) || this.#recent.has(prompt.id)) return
    // Another agent's answer, perhaps in progress, must not be touched.
    if (prompt.serial > this.#checkpoint.serial && this.#judge.isOurs(prompt))
      this.#prompts.set(prompt.id, prompt)
  }

  get missed(): Missed {
    const missed: Missed = {
      prompts: [],
      answered: [],
      cancelled: [],
      taken: [],
      answers: this.#answers,
      unreadable: this.#unreadable.filter((promptId) => !this.#prompts.has(promptId)),
      serial: this.#serial,
    }
    const prompts = [...this.#prompts.values()]
    for (const prompt of prompts.sort((a, b) => (a.serial < b.serial ? -1 : 1))) this.#sort(prompt, missed)
    return missed
  }

  #sort(prompt: Prompt, missed: Missed): void {
    const responses = this.#responses
    const responseId = this.#answerOf(prompt)
    const taker = responses.get(this.#steered.get(prompt.id) ?? '')
    // An answer that has ended has taken the prompt, and so has a suspended one, which is always resumed. If any other
    // answer took it, the prompt is answered anew.
    const goesOn = taker?.wasSuspended && !taker.status && !taker.withdrawn
    if (goesOn && !responses.has(responseId ?? '')) return void missed.taken.push({ prompt, past: taker })
    const past = responses.get(responseId ?? '') ?? (taker?.status ? taker : undefined)
    const cancelled = this.#cancels.some(
      (cancel) => isMeant(cancel, prompt, responseId) && this.#judge.mayCancel(senderOf(cancel), { prompt }),
    )
    if (past?.status !== undefined) missed.answered.push({ prompt, past })
    else (cancelled ? missed.cancelled : missed.prompts).push({ prompt, responseId, past })
  }

  /** The answer that the checkpoint knows, or one that has begun since; it names the prompt. */
  #answerOf({ id }: Prompt): string | undefined {
    const begun = this.#checkpoint.open.find(({ prompt }) => prompt.id === id)?.responseId
    if (begun !== undefined && !this.#responses.get(begun)?.withdrawn) return begun
    return [...this.#responses].find(([, past]) => past.promptId === id && !past.withdrawn)?.[0]
  }
}

/** Names of messages with which people answer a question. */
const ANSWERS = new Set<string | undefined>([
  MessageName.Value,
  MessageName.ToolResult,
  MessageName.ApprovalResponse,
])

function noteSteered(message: InboundMessage, steered: Map<string, string>): void {
  const promptId = headersOf(message)[Header.PromptId]
  const { status, responseId } = (parsed(message.data) ?? {}) as { status?: unknown; responseId?: unknown }
  if (promptId !== undefined && status === 'steered' && typeof responseId === 'string')
    steered.set(promptId, responseId)
}

/** A cancel names a response, a prompt, or everything sent before it. */
function isMeant(cancel: InboundMessage, prompt: Prompt, responseId: string | undefined): boolean {
  const headers = headersOf(cancel)
  if (headers[Header.ResponseId] !== undefined) return headers[Header.ResponseId] === responseId
  if (headers[Header.PromptId] !== undefined) return headers[Header.PromptId] === prompt.id
  return (cancel.serial ?? '') > prompt.serial
}

/** The result of a call that the agent declared as run by the client. */
function isClientResult(message: InboundMessage, responses: Map<string, PastResponse>): boolean {
  if (message.name !== MessageName.ToolResult && message.name !== MessageName.Value) return false
  const headers = headersOf(message)
  const parts = responses.get(headers[Header.ResponseId]!)?.parts
  return parts?.some((part) => part.client && part.toolCallId === headers[Header.ToolCallId]) ?? false
}

function isPublishedByAgent(message: InboundMessage, judge: Judge): boolean {
  return judge.isOwn(message) && Header.Rejoin in headersOf(message)
}

/** Whether the answer was suspended and has had no decision or result since. */
export function isDormant(
  entry: Task,
  answers: readonly InboundMessage[],
): entry is Task & { past: PastResponse } {
  const { suspendedFor, judged } = entry.past ?? {}
  return suspendedFor !== undefined && !answers.some((one) => isAnswerTo(one, suspendedFor, judged!))
}
