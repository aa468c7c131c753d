/** The demo's own HTTP endpoints. Ably is not among them: see connect.ts. */

export interface Config {
  /** Whether the Ably server is the demo's own, which can be broken at will. */
  embedded: boolean
  /** Milliseconds for which a lost connection's state is kept; only known of our own server. */
  connectionStateTtl: number
  model: string
  recorded: boolean
  /** There are no recordings: answers were written by hand, in a model's shapes. */
  scripted: boolean
}

export interface User {
  id: string
  name: string
}

export type Pattern = 'message-per-response' | 'message-per-token'

export interface Conversation {
  id: string
  pattern: Pattern
  title: string
  /** A person chose the title; otherwise it is the first prompt. */
  named: boolean
  updatedAt: number
}

export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export async function call<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  let response: Response
  try {
    response = await fetch(`/api${path}`, {
      method,
      signal: signal ?? null,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    })
  } catch (cause) {
    throw new ApiError(0, 'offline', `unable to reach the demo's server; ${(cause as Error).message}`)
  }
  const text = await response.text()
  if (response.ok) return (text ? JSON.parse(text) : undefined) as T
  throw errorOf(response.status, text)
}

function errorOf(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } }
    return new ApiError(status, error.code, error.message)
  } catch {
    return new ApiError(status, 'failed', `the demo's server answered ${status}`)
  }
}

export interface Home {
  config: Config
  user: User
  conversations: Conversation[]
}

/** Signs in as a guest the first time; later the cookie does. If the person names and has no conversation, one is made. */
export const getHome = (conversation: string) => call<Home>('POST', '/home', { conversation })
export const listConversations = () => call<Conversation[]>('GET', '/conversations')
export const getConversation = (id: string) => call<Conversation>('GET', `/conversations/${id}`)
export const createConversation = (pattern: Pattern) =>
  call<Conversation>('POST', '/conversations', { pattern })
export const renameConversation = (id: string, title: string) =>
  call<Conversation>('PATCH', `/conversations/${id}`, { title })
export const deleteConversation = (id: string) => call<void>('DELETE', `/conversations/${id}`)
