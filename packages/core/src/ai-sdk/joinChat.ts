import type { ChatStatus, UIMessage } from 'ai'
import type { Session } from '../session/session.ts'
import type { PromptState, ResponseState } from '../types/types.ts'
import { metadataOf, promptMessage, toUIMessage } from './uiMessage.ts'
import type { MetadataOf } from './uiMessage.ts'

/** A chat of the AI SDK: `new Chat({ transport })` of `@ai-sdk/react` or `@ai-sdk/vue`. */
export interface JoinableChat<M extends UIMessage = UIMessage> {
  messages: M[]
  readonly status: ChatStatus
}

export interface JoinChatOptions<M extends UIMessage = UIMessage> {
  /** As the transport's. Default: the response's id. */
  messageId?: ((response: ResponseState) => string) | undefined
  /** As the transport's. Default: the agent's metadata. */
  metadata?: MetadataOf<M> | undefined
}

/** Milliseconds between looks at a chat that is busy while there is news: it does not tell when it has ended. */
const BUSY = 50

/**
 * Shows in a chat what others say in its session: prompts and answers of another tab or device, as they come. The chat's
 * own prompts reach the session by its transport. While the chat streams an answer of its own, news waits. Messages that
 * the session does not know stay before those that it knows. Returns how to stop; joining again doubles nothing.
 */
export function joinChat<M extends UIMessage = UIMessage>(
  session: Session,
  chat: JoinableChat<M>,
  options: JoinChatOptions<M> = {},
): () => void {
  const made = new WeakMap<PromptState | ResponseState, M>()
  const watched = new Map<string, () => void>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function sync(): void {
    clearTimeout(timer)
    watchResponses()
    if (chat.status === 'submitted' || chat.status === 'streaming') {
      timer = setTimeout(sync, BUSY)
      return
    }
    const known = messagesOf(session, options, made)
    const ids = new Set(known.map(({ id }) => id))
    const unknown = chat.messages.filter(
      ({ id }) => !ids.has(id) && !session.getPrompt(id) && !session.getResponse(id),
    )
    const next = [...unknown, ...known]
    if (next.length !== chat.messages.length || next.some((message, i) => message !== chat.messages[i]))
      chat.messages = next
  }

  function watchResponses(): void {
    const shown = new Set<string>()
    for (const { id, role } of session.getSnapshot().messages) {
      if (role !== 'assistant') continue
      shown.add(id)
      if (!watched.has(id)) watched.set(id, session.subscribeResponse(id, sync))
    }
    for (const [id, stop] of watched)
      if (!shown.has(id)) {
        stop()
        watched.delete(id)
      }
  }

  const stopList = session.subscribe(sync)
  sync()
  return () => {
    clearTimeout(timer)
    stopList()
    for (const stop of watched.values()) stop()
    watched.clear()
  }
}

/** The messages that show; a message is the same object until it changes. */
function messagesOf<M extends UIMessage>(
  session: Session,
  { messageId = ({ id }) => id, metadata = metadataOf as MetadataOf<M> }: JoinChatOptions<M>,
  made: WeakMap<PromptState | ResponseState, M>,
): M[] {
  const messages: M[] = []
  for (const { id, role } of session.getSnapshot().messages) {
    const state = role === 'user' ? session.getPrompt(id) : session.getResponse(id)
    if (!state) continue
    let message = made.get(state)
    if (!message) {
      message =
        role === 'user'
          ? promptMessage<M>(state as PromptState)
          : { ...toUIMessage<M>(state as ResponseState, metadata), id: messageId(state as ResponseState) }
      made.set(state, message)
    }
    messages.push(message)
  }
  return messages
}
