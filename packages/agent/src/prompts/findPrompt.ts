import type { InboundMessage, RealtimeChannel } from 'ably'
import { Header, HistoryReader, MessageName } from '@rejoin/core/protocol'
import { headersOf } from '../inbound/fields.ts'
import { promptIdOf, readPrompt, type Prompt } from '../inbound/prompt.ts'
import { PromptTexts } from '../inbound/promptTexts.ts'
import type { KnownPast } from './catchUp.ts'
import type { Checkpoint } from './checkpoint.ts'

const PAGE = 1000

/** Milliseconds within which the first copy of a prompt published twice identifies it. */
const COPIES = 120_000

export interface FindOptions {
  /** Milliseconds to wait for a prompt that is not on the channel yet. */
  patience: number
  signal: AbortSignal | undefined
}

/** Looks for a prompt in the channel's history, then waits for it; `undefined` if it does not come. */
export async function findPrompt(
  channel: RealtimeChannel,
  promptId: string,
  options: FindOptions,
): Promise<Prompt | undefined> {
  return (await find(channel, promptId, options))?.prompt
}

/** The checkpoint of a process that has only this prompt to answer; `undefined` if the prompt does not come. */
export async function checkpointAt(
  channel: RealtimeChannel,
  promptId: string,
  options: FindOptions,
): Promise<(Checkpoint & KnownPast) | undefined> {
  const found = await find(channel, promptId, options)
  if (!found) return undefined
  const { prompt, past } = found
  return { serial: prompt.serial, open: [{ prompt }], recent: [], ...(past && { past }) }
}

async function find(
  channel: RealtimeChannel,
  promptId: string,
  { patience, signal }: FindOptions,
): Promise<({ prompt: Prompt } & KnownPast) | undefined> {
  const live: InboundMessage[] = []
  let came = () => {}
  const coming = new Promise<void>((resolve) => (came = resolve))
  const listener = (message: InboundMessage) => {
    if (!concerns(message, promptId)) return
    live.push(message)
    if (message.name === MessageName.UserInput) came()
  }
  try {
    await channel.subscribe([MessageName.UserInput, MessageName.PromptText], listener)
    const { kept, past } = await inHistory(channel, promptId)
    const found = first(kept, promptId)
    if (found) return { prompt: found, ...(past && { past }) }
    await within(coming, patience, signal)
    const prompt = first([...kept, ...live], promptId)
    return prompt && { prompt }
  } finally {
    channel.unsubscribe(listener)
  }
}

/** Copies of the prompt and pieces of its text, oldest first; and all messages, if they are one page. */
async function inHistory(
  channel: RealtimeChannel,
  promptId: string,
): Promise<{ kept: InboundMessage[] } & KnownPast> {
  const history = new HistoryReader(channel, false)
  const kept: InboundMessage[] = []
  let past: InboundMessage[] | undefined
  while (!history.exhausted) {
    const page = await history.next(PAGE)
    past = past ? [] : page.toReversed()
    kept.push(...page.filter((message) => concerns(message, promptId)))
    const found = kept.findLast(({ name }) => name === MessageName.UserInput)
    if (found && (page.at(-1)?.timestamp ?? 0) < found.timestamp - COPIES) break
  }
  return { kept: kept.reverse(), ...(past && past.length > 0 && { past }) }
}

function concerns(message: InboundMessage, promptId: string): boolean {
  if (message.name === MessageName.UserInput) return promptIdOf(message) === promptId
  return message.name === MessageName.PromptText && headersOf(message)[Header.PromptId] === promptId
}

/** @throws RejoinError `bad_message` when no copy of the prompt is whole. */
function first(messages: readonly InboundMessage[], promptId: string): Prompt | undefined {
  const texts = new PromptTexts()
  let failure: unknown
  for (const message of messages) {
    if (message.name === MessageName.PromptText) texts.add(message)
    else {
      try {
        const prompt = readPrompt(message, true, texts)
        if (prompt?.id === promptId) return prompt
      } catch (error) {
        failure = error
      }
    }
  }
  if (failure !== undefined) throw failure
  return undefined
}

async function within(coming: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  let stop = () => {}
  const timer = setTimeout(() => stop(), ms)
  const waiting = new Promise<void>((resolve) => (stop = resolve))
  signal?.addEventListener('abort', stop)
  await Promise.race([coming, waiting])
  clearTimeout(timer)
  signal?.removeEventListener('abort', stop)
  signal?.throwIfAborted()
}
