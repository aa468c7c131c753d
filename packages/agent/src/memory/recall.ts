import { createSession, history, seed } from '@rejoin/core'
import type { LoadRows, MessageRef, Part, PromptState, ResponseState, Session } from '@rejoin/core'
import { ErrorCode, wrapError } from '@rejoin/core/protocol'
import type { RealtimeChannel } from 'ably'
import type { Prompt } from '../inbound/prompt.ts'
import { bounded, lacksText } from './conversation.ts'
import type { Bounds, Conversation, ConversationMessage, PendingCall } from './conversation.ts'

export interface RecallOptions extends Bounds {
  /** Loads older messages from the application's database: the same function as in `seed({ load })`. */
  load?: LoadRows
  /** Other answers that are still streaming, with their prompts. Default `omit`. */
  open?: 'omit' | 'include'
}

/** Maximum number of requests for older messages, so that long channels end too. */
const MAX_READINGS = 50

/**
 * The conversation that the prompt's sender saw, up to the prompt: read with the browser's reader from the channel, and
 * from `load` beyond the channel's retention.
 * @throws RejoinError `hydration_failed` when neither can be read.
 */
export async function recall(
  channel: RealtimeChannel,
  prompt: Prompt,
  options: RecallOptions = {},
): Promise<Conversation> {
  const { load, maxMessages = 200, open = 'omit' } = options
  const hydrate = load ? seed({ load, limit: 1000 }) : history({ limit: 1000 })
  const session = createSession({ channel, hydrate, presence: false })
  try {
    await session.ready
    for (let i = 0; i < MAX_READINGS && isShort(session, maxMessages); i++) await session.loadOlder()
    const { hasOlder, hydration } = session.getSnapshot()
    const messages = upTo(session, prompt).flatMap((ref) => messageOf(session, ref, prompt, open) ?? [])
    return bounded(
      {
        messages,
        truncated: hasOlder || hydration === 'bounded',
        hasGap: messages.some(lacksText),
        calls: messages.flatMap(callsOf),
      },
      options,
    )
  } catch (cause) {
    throw wrapError('read the conversation', cause, ErrorCode.HydrationFailed)
  } finally {
    session.close()
  }
}

function isShort(session: Session, wanted: number): boolean {
  const { messages, hasOlder } = session.getSnapshot()
  return hasOlder && messages.length <= wanted
}

/** The path that ends at the prompt. A request for another answer ends at its question. */
function upTo(session: Session, prompt: Prompt): readonly MessageRef[] {
  session.selectBranch(prompt.id)
  const { messages } = session.getSnapshot()
  let id: string | undefined = prompt.id
  for (let at = -1; id !== undefined; id = session.getPrompt(id)?.replaces) {
    at = messages.findIndex((ref) => ref.role === 'user' && ref.id === id)
    if (at >= 0) return messages.slice(0, at + 1)
  }
  // The channel no longer has the prompt, but the handler does.
  return messages
}

function messageOf(
  session: Session,
  { id, role }: MessageRef,
  prompt: Prompt,
  open: 'omit' | 'include',
): ConversationMessage | undefined {
  if (role === 'user') {
    const state = session.getPrompt(id)
    if (!state || !isAnswered(session, state, prompt, open)) return undefined
    if (id !== prompt.id || !state.incomplete) return { ...state, role }
    // The handler has all of it.
    const { incomplete: _, ...known } = state
    return { ...known, text: prompt.text, parts: prompt.parts, role }
  }
  const response = session.getResponse(id)
  if (!response || (open === 'omit' && response.status === 'streaming')) return undefined
  const empty =
    response.parts.length === 0 && (response.status === 'error' || response.status === 'interrupted')
  return empty ? undefined : { ...response, role }
}

/** Whether to keep a prompt: one whose answer is still streaming is left out with it. */
function isAnswered(session: Session, state: PromptState, prompt: Prompt, open: 'omit' | 'include'): boolean {
  if (open === 'include' || state.id === prompt.id || state.id === prompt.replaces) return true
  const { messages } = session.getSnapshot()
  return !messages.some(({ id, role }) => {
    const response = role === 'assistant' ? session.getResponse(id) : undefined
    return response?.promptId === state.id && response.status === 'streaming'
  })
}

type CallPart = Extract<Part, { toolCallId: string }>

/** Calls that a person approved and that have not run. */
function callsOf(message: ConversationMessage): PendingCall[] {
  if (message.role !== 'assistant') return []
  const { id: responseId, parts }: ResponseState = message
  return parts
    .filter((part): part is CallPart => 'toolCallId' in part && part.state === 'approval-responded')
    .map((part) => ({
      responseId,
      toolCallId: part.toolCallId,
      toolName: part.type === 'dynamic-tool' ? part.toolName : part.type.slice('tool-'.length),
      input: part.input,
    }))
}
