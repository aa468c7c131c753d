import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelEvent } from '@rejoin/agent'

/** What an answer does next: it writes so many characters of a kind, pauses for so many milliseconds, or neither. */
export interface Step {
  kind: 'text' | 'reasoning' | 'toolInput' | 'pause' | 'other'
  amount: number
}

/** Decides when an answer takes its next step. Each answer has its own. */
export interface Pace {
  /** Resolves when the step may be taken, or when the signal aborts. Never rejects. */
  wait(step: Step, signal: AbortSignal): Promise<void>
}

export interface Speeds {
  /** Characters a second; `Infinity` for what no reader sees growing. */
  text: number
  toolInput: number
}

/** Shorter waits are left to the next one: timers are not that exact. */
const shortest = 4
/** An answer that is late by more than this, because it waited for a person, does not catch up. */
const longestDelay = 200

/** The pace of a model that writes at a steady speed. */
export function steadyPace({ text, toolInput }: Speeds): Pace {
  // Timers fire a few milliseconds late; measuring from one due time to the next keeps the speed exact.
  let due = Date.now()
  return {
    async wait({ kind, amount }, signal) {
      const speed = kind === 'pause' ? 1000 : kind === 'toolInput' ? toolInput : text
      due = Math.max(due, Date.now() - longestDelay) + (amount / speed) * 1000
      const milliseconds = due - Date.now()
      if (milliseconds > shortest) await sleep(milliseconds, undefined, { signal }).catch(() => {})
    },
  }
}

/** Passes a model's events on at a pace. */
export async function* paced(
  events: AsyncIterable<ModelEvent>,
  pace: Pace,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  for await (const event of events) {
    await pace.wait(stepOf(event), signal)
    if (signal.aborted) return
    yield event
  }
}

function stepOf(event: ModelEvent): Step {
  switch (event.type) {
    case 'text-delta':
      return { kind: 'text', amount: event.delta.length }
    case 'reasoning-delta':
      return { kind: 'reasoning', amount: event.delta.length }
    case 'tool-input-delta':
      return { kind: 'toolInput', amount: event.inputTextDelta.length }
    default:
      return { kind: 'other', amount: 0 }
  }
}
