import type { ChatStatus, UIMessage } from 'ai'
import type { Session } from '../session/session.ts'
import type { PromptState, ResponseState } from '../types/types.ts'
import { ChatNames } from './chatNames.ts'
import type { MessageIdOf } from './chatNames.ts'
import { metadataOf, promptMessage, toUIMessage } from './uiMessage.ts'
import type { MetadataOf } from './uiMessage.ts'

/** A chat of the AI SDK: `new Chat({ transport })` of `@ai-sdk/react` or `@ai-sdk/vue`. */
export interface JoinableChat<M extends UIMessage = UIMessage> {
  messages: M[]
  readonly status: ChatStatus
}

export interface JoinChatOptions<M extends UIMessage = UIMessage> {
  /** How a message is named that the chat does not show yet. Default: as the session's transport does. */
  messageId?: MessageIdOf | undefined
  /** As the transport's. Default: the agent's metadata. */
  metadata?: MetadataOf<M> | undefined
}

/** Milliseconds between looks at a chat that is busy while there is news: it does not tell when it has ended. */
const BUSY = 50

/**
 * Shows in a chat what others say in its session: prompts and answers of another tab or device, as they come. The chat's
 * own prompts reach the session by its transport. While the chat streams an answer of its own, news waits. Messages that
 * the session does not know stay before those that it knows; messages that the chat shows already keep their ids.
 * Returns how to stop; joining again doubles nothing.
 */
export function joinChat<M extends UIMessage = UIMessage>(
  session: Session,
  chat: JoinableChat<M>,
  options: JoinChatOptions<M> = {},
): () => void {
  const names = ChatNames.of(session)
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
    const shown = new Set(chat.messages.map(({ id }) => id))
    const known = messagesOf(session, options, made, shown)
    const ids = new Set(known.map(({ id }) => id))
    const unknown = chat.messages.filter(
      ({ id }) => !ids.has(id) && !names.has(id) && !session.getPrompt(id) && !session.getResponse(id),
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

/** The messages that show; a message is the same object until it changes. `shown`: the ids in the chat. */
function messagesOf<M extends UIMessage>(
  session: Session,
  { messageId, metadata = metadataOf as MetadataOf<M> }: JoinChatOptions<M>,
  made: WeakMap<PromptState | ResponseState, M>,
  shown: ReadonlySet<string>,
): M[] {
  const names = ChatNames.of(session)
  const messages: M[] = []
  const taken = new Set<string>()
  for (const { id, role } of session.getSnapshot().messages) {
    const state = role === 'user' ? session.getPrompt(id) : session.getResponse(id)
    if (!state) continue
    const free = names.namesOf(state, messageId).filter((name) => !taken.has(name))
    const name = free.find((one) => shown.has(one)) ?? free[0] ?? id
    taken.add(name)
    names.tell(id, name)
    let message = made.get(state)
    if (message?.id !== name) {
      message =
        role === 'user'
          ? promptMessage<M>(state as PromptState)
          : toUIMessage<M>(state as ResponseState, metadata)
      message = { ...message, id: name }
      made.set(state, message)
    }
    messages.push(message)
  }
  return messages
}
