import type { InboundMessage, RealtimeChannel } from 'ably'
import {
  ErrorCode,
  wrapError,
  type RejoinError,
  HistoryReader,
  Header,
  MessageName,
} from '@rejoin/core/protocol'
import type { Checkpoint } from './checkpoint.ts'
import { PastResponse } from '../response/pastResponse.ts'
import { isAnswerTo } from '../inbound/answers.ts'
import { headersOf, parsed, senderOf, type Who } from '../inbound/fields.ts'
import { promptIdOf, readPrompt, type Prompt } from '../inbound/prompt.ts'
import type { Task } from './promptQueue.ts'
import { PromptTexts } from '../inbound/promptTexts.ts'

/** Events on the channel since a checkpoint, and the prompts that were open at it. */
export interface Missed {
  /** Prompts to answer, oldest first. `past` is a former process's answer so far. */
  readonly prompts: Task[]
  /** Prompts already answered without the checkpoint's knowledge. */
  readonly answered: { prompt: Prompt; past: PastResponse }[]
  /** Prompts cancelled before they were answered. */
  readonly cancelled: Task[]
  /** Prompts that an answer has taken which was suspended and has not ended: they are settled with it. */
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

/** What was read of the channel already. */
export interface KnownPast {
  /** All messages since the checkpoint, and perhaps some before it, oldest first. Live messages follow them. */
  readonly past?: readonly InboundMessage[]
}

const PAGE = 1000

/**
 * Reads the channel's past, from now back to the checkpoint: the channel may have been attached long before the agent
 * listened. Without a checkpoint, finds only the newest serial, and past prompts are not answered.
 */
export async function catchUp(
  channel: RealtimeChannel,
  checkpoint: (Checkpoint & KnownPast) | undefined,
  judge: Judge,
  report: (error: RejoinError) => void,
): Promise<Missed> {
  if (checkpoint?.past) return sort(checkpoint.past, checkpoint, judge, report)
  if (!checkpoint)
    return {
      prompts: [],
      answered: [],
      cancelled: [],
      taken: [],
      answers: [],
      unreadable: [],
      serial: await newest(channel),
    }
  // An unfinished answer began after its prompt.
  const from = checkpoint.open.reduce(
    (least, { prompt }) => (prompt.serial < least ? prompt.serial : least),
    checkpoint.serial,
  )
  return sort(await since(channel, from, true), checkpoint, judge, report)
}

/** Serial of the last message before the attach point. */
export async function newest(channel: RealtimeChannel): Promise<string> {
  return (await new HistoryReader(channel, true).next(1))[0]?.serial ?? ''
}

/**
 * Messages after `serial` (and perhaps some before it), oldest first: up to the attach point, after which messages
 * arrive live, or (`untilNow`) up to now.
 */
export async function since(
  channel: RealtimeChannel,
  serial: string,
  untilNow = false,
): Promise<InboundMessage[]> {
  const history = new HistoryReader(channel, !untilNow)
  const messages: InboundMessage[] = []
  while (!history.exhausted) {
    const page = await history.next(PAGE)
    messages.push(...page)
    const oldest = page.at(-1)?.serial
    if (oldest !== undefined && oldest <= serial) break
  }
  return messages.reverse()
}

/** The state of one prompt by other messages. */
export async function doneAbout(
  channel: RealtimeChannel,
  prompt: Prompt,
  judge: Judge,
  report: (error: RejoinError) => void,
): Promise<Missed> {
  const checkpoint = { serial: prompt.serial, open: [{ prompt }], recent: [] }
  return sort(
    await since(channel, prompt.serial, true),
    checkpoint,
    { ...judge, isOurs: () => false },
    report,
  )
}

function sort(
  messages: readonly InboundMessage[],
  checkpoint: Checkpoint,
  judge: Judge,
  report: (error: RejoinError) => void,
): Missed {
  const responses = new Map<string, PastResponse>()
  const prompts = new Map<string, Prompt>(
    checkpoint.open.map(({ prompt }) => [prompt.id, { ...prompt, late: true }]),
  )
  const recent = new Set(checkpoint.recent)
  const texts = new PromptTexts()
  const cancels: InboundMessage[] = []
  const unreadable: string[] = []
  const answers: InboundMessage[] = []
  const steered = new Map<string, string>()
  for (const message of messages) {
    const headers = headersOf(message)
    const responseId = headers[Header.ResponseId]
    try {
      if (message.name === MessageName.PromptText) texts.add(message)
      else if (message.name === MessageName.UserInput) {
        const prompt = readPrompt(message, true, texts)
        const known = !prompt || prompts.has(prompt.id) || recent.has(prompt.id)
        // Another agent's answer, perhaps in progress, must not be touched.
        if (!known && prompt.serial > checkpoint.serial && judge.isOurs(prompt))
          prompts.set(prompt.id, prompt)
      } else if (message.name === MessageName.PromptStatus && judge.isOwn(message))
        noteSteered(message, steered)
      else if (message.name === MessageName.Cancel) cancels.push(message)
      else if (responseId !== undefined && (judge.isOwn(message) || isClientResult(message, responses))) {
        let past = responses.get(responseId)
        if (!past) responses.set(responseId, (past = new PastResponse(responseId)))
        past.add(message)
      }
    } catch (error) {
      report(wrapError('read a message of the past', error, ErrorCode.BadMessage))
      const promptId = message.name === MessageName.UserInput ? promptIdOf(message) : undefined
      if (promptId !== undefined && (message.serial ?? '') > checkpoint.serial) unreadable.push(promptId)
    }
    if (ANSWERS.has(message.name) && !isPublishedByAgent(message, judge)) answers.push(message)
  }
  const begun = new Map(checkpoint.open.map(({ prompt, responseId }) => [prompt.id, responseId]))
  const missed: Missed = {
    prompts: [],
    answered: [],
    cancelled: [],
    taken: [],
    answers,
    unreadable: unreadable.filter((promptId) => !prompts.has(promptId)),
    serial: messages.at(-1)?.serial ?? '',
  }
  for (const prompt of [...prompts.values()].sort((a, b) => (a.serial < b.serial ? -1 : 1))) {
    // An answer that the checkpoint does not know may have begun; it names the prompt.
    const byPrompt = [...responses].find(([, past]) => past.promptId === prompt.id && !past.withdrawn)
    const begunId = begun.get(prompt.id)
    const responseId = begunId !== undefined && !responses.get(begunId)?.withdrawn ? begunId : byPrompt?.[0]
    const steeredPast = responses.get(steered.get(prompt.id) ?? '')
    // An ended answer has taken the prompt, and so has a suspended one, which is always resumed. The prompt that any
    // other open answer has taken is answered anew.
    const goesOn = steeredPast?.wasSuspended && !steeredPast.status && !steeredPast.withdrawn
    if (goesOn && !responses.has(responseId ?? '')) {
      missed.taken.push({ prompt, past: steeredPast })
      continue
    }
    const past = responses.get(responseId ?? '') ?? (steeredPast?.status ? steeredPast : undefined)
    const cancelled = cancels.some(
      (message) => isMeant(message, prompt, responseId) && judge.mayCancel(senderOf(message), { prompt }),
    )
    if (past?.status !== undefined) missed.answered.push({ prompt, past })
    else (cancelled ? missed.cancelled : missed.prompts).push({ prompt, responseId, past })
  }
  return missed
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
