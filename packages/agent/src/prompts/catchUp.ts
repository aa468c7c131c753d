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
import { headersOf } from '../inbound/fields.ts'
import { readPrompt, type Prompt } from '../inbound/prompt.ts'

/** What happened on the channel since a checkpoint, and what had been left open at it. */
export interface Missed {
  /** Prompts to answer, oldest first. `past` is what a former process had written for it. */
  readonly prompts: { prompt: Prompt; responseId?: string | undefined; past?: PastResponse | undefined }[]
  /** Answered already: only the checkpoint does not know. */
  readonly answered: { prompt: Prompt; past: PastResponse }[]
  /** Cancelled before they were answered. */
  readonly cancelled: { prompt: Prompt; responseId?: string | undefined; past?: PastResponse | undefined }[]
  /** Decisions and tool results, which a resumed answer may wait for. */
  readonly answers: InboundMessage[]
  /** Serial of the newest message. */
  readonly serial: string
}

const PAGE = 1000

/**
 * Reads the channel's past, from the attach point back to the checkpoint. Without a checkpoint, only where the
 * channel stands: the past is then nobody's to answer.
 */
export async function catchUp(
  channel: RealtimeChannel,
  checkpoint: Checkpoint | undefined,
  isOurs: (prompt: Prompt) => boolean,
  report: (error: RejoinError) => void,
): Promise<Missed> {
  if (!checkpoint)
    return { prompts: [], answered: [], cancelled: [], answers: [], serial: await newest(channel) }
  // An answer that was being written began after its prompt.
  const from = checkpoint.open.reduce(
    (least, { prompt }) => (prompt.serial < least ? prompt.serial : least),
    checkpoint.serial,
  )
  return sort(await since(channel, from), checkpoint, isOurs, report)
}

/** Serial of the last message before the attach point. */
export async function newest(channel: RealtimeChannel): Promise<string> {
  return (await new HistoryReader(channel, true, 0).next(1))?.[0]?.serial ?? ''
}

/** Messages after `serial` (and perhaps some before it), oldest first. */
export async function since(channel: RealtimeChannel, serial: string): Promise<InboundMessage[]> {
  const history = new HistoryReader(channel, true, 0)
  const messages: InboundMessage[] = []
  for (let page; (page = await history.next(PAGE));) {
    messages.push(...page)
    const oldest = page.at(-1)?.serial
    if (oldest !== undefined && oldest <= serial) break
  }
  return messages.reverse()
}

function sort(
  messages: InboundMessage[],
  checkpoint: Checkpoint,
  isOurs: (prompt: Prompt) => boolean,
  report: (error: RejoinError) => void,
): Missed {
  const responses = new Map<string, PastResponse>()
  const prompts = new Map<string, Prompt>(
    checkpoint.open.map(({ prompt }) => [prompt.id, { ...prompt, late: true }]),
  )
  const recent = new Set(checkpoint.recent)
  const cancels: Record<string, string>[] = []
  const answers: InboundMessage[] = []
  for (const message of messages) {
    const headers = headersOf(message)
    const responseId = headers[Header.ResponseId]
    try {
      if (message.name === MessageName.UserInput) {
        const prompt = readPrompt(message, true)
        const known = !prompt || prompts.has(prompt.id) || recent.has(prompt.id)
        // What another agent answers, perhaps at this moment, is not to be touched.
        if (!known && prompt.serial > checkpoint.serial && isOurs(prompt)) prompts.set(prompt.id, prompt)
      } else if (message.name === MessageName.Cancel) cancels.push(headers)
      else if (message.name === MessageName.ApprovalResponse) answers.push(message)
      else if (responseId !== undefined) {
        let past = responses.get(responseId)
        if (!past) responses.set(responseId, (past = new PastResponse(responseId)))
        past.add(message)
      }
    } catch (error) {
      report(wrapError('read a message of the past', error, ErrorCode.BadMessage))
    }
    if (message.name === MessageName.ToolResult) answers.push(message)
  }
  const begun = new Map(checkpoint.open.map(({ prompt, responseId }) => [prompt.id, responseId]))
  const missed: Missed = {
    prompts: [],
    answered: [],
    cancelled: [],
    answers,
    serial: messages.at(-1)?.serial ?? '',
  }
  for (const prompt of [...prompts.values()].sort((a, b) => (a.serial < b.serial ? -1 : 1))) {
    // Its answer may have begun without the checkpoint's knowledge: it names the prompt.
    const byPrompt = [...responses].find(([, past]) => past.promptId === prompt.id)
    const responseId = begun.get(prompt.id) ?? byPrompt?.[0]
    const past = responseId === undefined ? undefined : responses.get(responseId)
    const cancelled = cancels.some((headers) =>
      headers[Header.ResponseId] !== undefined
        ? headers[Header.ResponseId] === responseId
        : headers[Header.PromptId] === prompt.id,
    )
    if (past?.status !== undefined) missed.answered.push({ prompt, past })
    else (cancelled ? missed.cancelled : missed.prompts).push({ prompt, responseId, past })
  }
  return missed
}
