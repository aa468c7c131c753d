import { castDraft, Immer } from 'immer'
import type { Prompt } from '../inbound/prompt.ts'
import type { Checkpoint } from './checkpoint.ts'
import { RECENT } from './mergeCheckpoints.ts'

// Copy prompts: the application may keep or change its own.
const { produce } = new Immer({ autoFreeze: false })

export type LedgerEvent =
  /** A checkpoint was loaded. */
  | { type: 'loaded'; checkpoint: Checkpoint }
  /** A prompt was read; `accepted`: it will be answered. */
  | { type: 'received'; prompt: Prompt; accepted: boolean }
  /** The channel has been read up to `serial`. */
  | { type: 'reached'; serial: string }
  /** A response to the prompt begins. */
  | { type: 'begun'; prompt: Prompt; responseId: string }
  /** The prompt is settled. */
  | { type: 'settled'; promptId: string }

export const emptyLedger: Checkpoint = { serial: '', open: [], recent: [] }

/** Tracks which prompts were received, are being answered, and are settled. A checkpoint store saves this state. */
export const reduceLedger: (state: Checkpoint, event: LedgerEvent) => Checkpoint = produce((state, event) => {
  const at = (promptId: string) => state.open.findIndex(({ prompt }) => prompt.id === promptId)
  const reach = (serial: string) => {
    if (serial > state.serial) state.serial = serial
  }
  switch (event.type) {
    case 'loaded':
      return event.checkpoint
    case 'received':
      reach(event.prompt.serial)
      if (event.accepted && at(event.prompt.id) < 0) state.open.push({ prompt: castDraft(event.prompt) })
      return
    case 'reached':
      return reach(event.serial)
    case 'begun': {
      const { prompt, responseId } = event
      const index = at(prompt.id)
      state.open[index < 0 ? state.open.length : index] = { prompt: castDraft(prompt), responseId }
      return
    }
    case 'settled': {
      const index = at(event.promptId)
      if (index >= 0) state.open.splice(index, 1)
      state.recent = [...state.recent.slice(1 - RECENT), event.promptId]
    }
  }
})
