import { newId, MessageName } from '@rejoin/core/protocol'
import { createSession, history, type Session } from '@rejoin/core'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { Realtime, type RealtimeChannel } from 'ably'
import { readPast, Recorder } from '../wire/recorder.ts'
import { clientOptionsOf, type Target } from '../wire/target.ts'
import { compareHistory } from './compareHistory.ts'
import type { Finding } from './finding.ts'
import { inspect } from './inspect.ts'
import { isEnd } from './rules/ends.ts'
import { startCommand, type Command } from './command.ts'
import { responsesOf, type Transcript } from './transcript.ts'
import { verdicts } from './verdicts.ts'

export interface CheckOptions {
  /** The command that runs the agent, against a local server that the check starts. */
  command?: readonly string[] | undefined
  /** Without a command: where the agent listens. */
  target?: Target | undefined
  /** Default: `ai:check`. */
  channelName?: string | undefined
  /** What the agent is asked. */
  prompt?: string | undefined
  /** The exact text that it is to answer with. */
  expect?: string | undefined
  /** Refuses every fifth publish of the agent. Needs a command. */
  faults?: boolean | undefined
  /** Asks nothing: checks what the channel's history holds. */
  past?: boolean | undefined
  /** Milliseconds without a message after which an agent counts as silent. Default 15,000. */
  timeout?: number | undefined
  /** Milliseconds of silence after an end marker that end the check. Default 1,000. */
  settle?: number | undefined
}

export interface CheckResult {
  readonly findings: readonly Finding[]
  /** Responses that were heard. */
  readonly responses: readonly {
    readonly responseId: string | undefined
    readonly length: number
    readonly verified: boolean
  }[]
  /** What the command wrote to its error output, and how it ended if it did. */
  readonly output: string
}

/** Who asks. */
const ASKER = 'rejoin-check'
/** Milliseconds before an ignored prompt is published again: the agent may just have started. */
const AGAIN = 2000

/** Asks an agent, listens, reads history, and reports every departure from PROTOCOL.md. */
export async function checkAgent(options: CheckOptions): Promise<CheckResult> {
  const { command, channelName = 'ai:check', faults = false } = options
  if (command && options.past)
    throw new Error(
      'unable to check the past of a command; its server starts empty. Name a channel in its place',
    )
  const server = command ? await startLocalAbly() : undefined
  const target = server ? { key: server.key, url: server.url } : options.target
  if (!target) throw new Error('unable to check; give a command, or a channel and ABLY_API_KEY')
  const client = new Realtime(clientOptionsOf(target, ASKER))
  let running: Command | undefined
  try {
    const recorder = new Recorder(client.channels.get(channelName))
    if (options.past) return await checkPast(client.channels.get(channelName))
    await recorder.start()
    const session = createSession({ client, channelName, hydrate: history() })
    await session.ready
    if (faults) refuse(server)
    if (command) running = startCommand(command, { target, channelName })
    const promptId = await ask(
      client.channels.get(channelName),
      options,
      recorder,
      () => running?.ended === true,
    )
    const transcript = transcriptOf(recorder, [promptId])
    const past = await readPast(client.channels.get(channelName))
    session.flush()
    return result(transcript, session, options, running?.output ?? '', compareHistory(transcript, past))
  } finally {
    running?.stop()
    client.close()
    await server?.close()
  }
}

async function checkPast(channel: RealtimeChannel): Promise<CheckResult> {
  const operations = await readPast(channel)
  const transcript: Transcript = { operations, present: new Set(), prompts: [], complete: false, live: false }
  const responses = responsesOf(transcript).map(({ responseId, flows }) => ({
    responseId,
    length: flows.reduce((sum, { steps }) => sum + steps.at(-1)!.text.length, 0),
    verified: false,
  }))
  return { findings: inspect(transcript), responses, output: '' }
}

function refuse(server: LocalAbly | undefined): void {
  if (!server)
    throw new Error('unable to refuse publishes on the service; give a command, for a local server')
  server.faults.refuse({ every: 5, match: { clientId: (id) => id !== ASKER } })
}

/** Asks, and resolves when the answer is over, or nothing more is heard. */
async function ask(
  channel: RealtimeChannel,
  { prompt = 'What is a rope?', timeout = 15_000, settle = 1000 }: CheckOptions,
  recorder: Recorder,
  dead: () => boolean,
): Promise<string> {
  const promptId = newId()
  let publishedAt = -Infinity
  let copies = 0
  const begunAt = performance.now()
  for (;;) {
    const now = performance.now()
    const heard = recorder.operations.some(({ name }) => name !== MessageName.UserInput)
    const over = recorder.operations.some(isEnd)
    // Twice at least, under one promptId: it is to be answered once (PROTOCOL.md §2.5).
    if ((!heard && now - publishedAt > AGAIN) || (heard && copies < 2)) {
      publishedAt = now
      copies++
      await channel.publish({ id: newId(), name: MessageName.UserInput, data: { promptId, text: prompt } })
    }
    const quiet = now - (heard ? recorder.heardAt : begunAt)
    if (copies > 1 && over && quiet > settle) return promptId
    if (quiet > timeout || (dead() && quiet > settle)) return promptId
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function transcriptOf({ operations, present }: Recorder, sent: readonly string[]): Transcript {
  const ordered = operations.toSorted((a, b) => (a.version < b.version ? -1 : 1))
  return { operations: ordered, present, prompts: sent, complete: true, live: true }
}

function result(
  transcript: Transcript,
  session: Session,
  { expect }: CheckOptions,
  output: string,
  more: readonly Finding[],
): CheckResult {
  const spoken = responsesOf(transcript)
  const found = [...inspect(transcript), ...more]
  const findings = [...found, ...verdicts(spoken, session, found, expect)]
  const responses = spoken.map(({ responseId, flows }) => {
    const shown = responseId === undefined ? undefined : session.getResponse(responseId)
    const length = flows.reduce((sum, { steps }) => sum + steps.at(-1)!.text.length, 0)
    return { responseId, length: shown?.text.length ?? length, verified: shown?.verified ?? false }
  })
  return { findings, responses, output }
}
