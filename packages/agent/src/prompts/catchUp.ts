import type { InboundMessage, RealtimeChannel } from 'ably'
import type { RejoinError } from '@rejoin/core/protocol'
import type { Prompt } from '../inbound/prompt.ts'
import { newest, since } from './channelPast.ts'
import type { Checkpoint } from './checkpoint.ts'
import { MissedReader, type Judge, type Missed } from './missed.ts'

/** What was read of the channel already. */
export interface KnownPast {
  /** All messages since the checkpoint, and perhaps some before it, oldest first. Live messages follow them. */
  readonly past?: readonly InboundMessage[]
}

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
  if (checkpoint?.past) return missedIn(checkpoint.past, checkpoint, judge, report)
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
  return missedIn(await since(channel, from, true), checkpoint, judge, report)
}

/** The state of one prompt by other messages. */
export async function doneAbout(
  channel: RealtimeChannel,
  prompt: Prompt,
  judge: Judge,
  report: (error: RejoinError) => void,
): Promise<Missed> {
  const checkpoint = { serial: prompt.serial, open: [{ prompt }], recent: [] }
  return missedIn(
    await since(channel, prompt.serial, true),
    checkpoint,
    { ...judge, isOurs: () => false },
    report,
  )
}

function missedIn(
  messages: readonly InboundMessage[],
  checkpoint: Checkpoint,
  judge: Judge,
  report: (error: RejoinError) => void,
): Missed {
  const reader = new MissedReader(checkpoint, judge, report)
  for (const message of messages) reader.read(message)
  return reader.missed
}
