import type { Session } from '../session/session.ts'
import type { PromptState, ResponseState } from '../types/types.ts'

/** How a response is named in a chat: the id of its message. */
export type MessageIdOf = (response: ResponseState) => string

/** Under which ids the chats of a session show its prompts and responses. */
export class ChatNames {
  /** Ids in a chat that are not the session's, by the session's. */
  readonly #told = new Map<string, string>()
  readonly #messageIds = new Set<string>()
  /** How the newest transport names a response, if it has an opinion. */
  messageId: MessageIdOf | undefined

  static of(session: Session): ChatNames {
    const names = all.get(session) ?? new ChatNames()
    all.set(session, names)
    return names
  }

  /** A chat shows a prompt or response under this id. */
  tell(id: string, messageId: string): void {
    if (messageId === id) return
    this.#told.set(id, messageId)
    this.#messageIds.add(messageId)
  }

  /** Whether a chat shows, or showed, something of the session under this id. */
  has(messageId: string): boolean {
    return this.#messageIds.has(messageId)
  }

  /** The ids that a chat may show a prompt or response under; the first: one that does not show it yet. */
  namesOf(state: PromptState | ResponseState, messageId = this.messageId): string[] {
    const { id } = state
    const wanted = 'gaps' in state ? messageId?.(state) : undefined
    return [wanted, id, this.#told.get(id)].filter((name) => name !== undefined)
  }
}

const all = /* @__PURE__ */ new WeakMap<Session, ChatNames>()
