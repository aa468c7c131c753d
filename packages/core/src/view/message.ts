import type { Session } from '../session/session.ts'
import type { RegisteredData, RegisteredTools } from '../types/register.ts'
import type { DataTypes, PromptState, ResponseState, Tools } from '../types/types.ts'

export interface PromptMessage extends PromptState {
  readonly role: 'user'
}

export interface ResponseMessage<
  T extends Tools = RegisteredTools,
  D extends DataTypes = RegisteredData,
> extends ResponseState<T, D> {
  readonly role: 'assistant'
}

/** A message of the conversation, of either role. */
export type Message<T extends Tools = RegisteredTools, D extends DataTypes = RegisteredData> =
  | PromptMessage
  | ResponseMessage<T, D>

type Source = Pick<Session, 'getResponse' | 'getPrompt'>
type Subscribable = Pick<Session, 'subscribe' | 'subscribeResponse'>

const known = /* @__PURE__ */ new WeakMap<PromptState | ResponseState, Message>()

/** A prompt or a response, with its role; `undefined` while it is unknown. The same object until it changes. */
export function getMessage({ getResponse, getPrompt }: Source, id: string): Message | undefined {
  const response = getResponse(id)
  const state = response ?? getPrompt(id)
  if (!state) return undefined
  let message = known.get(state)
  if (!message) {
    message = { role: response ? 'assistant' : 'user', ...state } as Message
    known.set(state, message)
  }
  return message
}

/** Calls the listener when `getMessage` may return another object. Returns a function that unsubscribes. */
export function subscribeMessage(
  { subscribe, subscribeResponse }: Subscribable,
  id: string,
  listener: () => void,
): () => void {
  const ends = [subscribe(listener), subscribeResponse(id, listener)]
  return () => {
    for (const end of ends) end()
  }
}
