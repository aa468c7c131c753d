import { Header, HistoryReader, MessageName } from '@rejoin/core/protocol'
import { headersOf } from '../inbound/fields.ts'
import { promptIdOf } from '../inbound/prompt.ts'
import { ownId } from '../publish/ownId.ts'
import { answerPrompt, type AnswerOutcome, type AnswerPromptOptions } from './answerPrompt.ts'

export interface AnswerMissedOptions extends Omit<AnswerPromptOptions, 'promptId' | 'patience'> {
  /** Milliseconds to look back. Default 86,400,000: a day. */
  lookBack?: number
}

const PAGE = 1000
const DAY = 86_400_000

const ENDS = new Set<string>([MessageName.ResponseEnd, MessageName.Stop, MessageName.Cancelled])

/** Answers a channel's unanswered prompts, oldest first: for a periodic sweep, such as a cron job. */
export async function answerMissed(
  options: AnswerMissedOptions,
): Promise<{ promptId: string; outcome: AnswerOutcome }[]> {
  const { lookBack = DAY, ...rest } = options
  const outcomes: { promptId: string; outcome: AnswerOutcome }[] = []
  for (const promptId of await unanswered(options, Date.now() - lookBack)) {
    if (options.signal?.aborted) break
    outcomes.push({ promptId, outcome: await answerPrompt({ ...rest, promptId, patience: 0 }) })
  }
  return outcomes
}

/** Ids of prompts without an end marker of this client, oldest first. */
async function unanswered(
  { client, channelName, channelOptions }: AnswerMissedOptions,
  from: number,
): Promise<string[]> {
  const history = new HistoryReader(client.channels.get(channelName, channelOptions), false)
  const own = ownId(client)
  const asked: string[] = []
  const ended = new Set<string>()
  while (!history.exhausted) {
    const page = await history.next(PAGE)
    for (const message of page) {
      const { name = '' } = message
      const promptId =
        name === MessageName.UserInput ? promptIdOf(message) : headersOf(message)[Header.PromptId]
      if (promptId === undefined) continue
      if (name === MessageName.UserInput && (message.timestamp ?? 0) >= from) asked.push(promptId)
      else if (ENDS.has(name) && message.clientId === own) ended.add(promptId)
    }
    if ((page.at(-1)?.timestamp ?? from) < from) break
  }
  return [...new Set(asked.reverse())].filter((promptId) => !ended.has(promptId))
}
