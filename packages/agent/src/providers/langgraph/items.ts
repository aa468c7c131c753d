import { isFields, textIn, type Fields, wordFor } from '../common/intake.ts'

/** The subject of one item of a stream. */
export type GraphItem =
  | { kind: 'message'; message: unknown }
  /** Whole messages so far, repeated as they grow; `over` once they are complete. */
  | { kind: 'messages'; messages: unknown; over: boolean }
  | { kind: 'state'; state: unknown }
  | { kind: 'custom'; data: unknown }
  | { kind: 'error'; error: unknown }
  | { kind: 'end' }
  | { kind: 'none' }

/** Reads items of `graph.stream`, `model.stream` and the client of LangGraph's server, with one or several modes. */
export function graphItem(item: unknown): GraphItem {
  if (Array.isArray(item)) return tuple(item)
  if (!isFields(item)) return { kind: 'message', message: item }
  const event = textIn(item['event'])
  if (event !== undefined && 'data' in item) return inMode(event.split('|', 1)[0]!, item['data'])
  if ('__interrupt__' in item) return { kind: 'state', state: item }
  return { kind: 'message', message: item }
}

/** `[message, metadata]`, `[mode, data]`, `[namespace, mode, data]` or `[namespace, data]`. */
function tuple(item: readonly unknown[]): GraphItem {
  const [first, second] = item
  if (Array.isArray(first)) return item.length > 2 ? tuple(item.slice(1)) : graphItem(second)
  return typeof first === 'string' ? inMode(first, second) : { kind: 'message', message: first }
}

function inMode(mode: string, data: unknown): GraphItem {
  switch (mode) {
    case 'messages':
    case 'messages-tuple':
      return { kind: 'message', message: Array.isArray(data) ? data[0] : data }
    case 'messages/partial':
    case 'messages/complete':
      return { kind: 'messages', messages: data, over: mode === 'messages/complete' }
    case 'updates':
    case 'values':
      return { kind: 'state', state: data }
    case 'custom':
      return { kind: 'custom', data }
    case 'error':
      return { kind: 'error', error: data }
    case 'end':
      return { kind: 'end' }
  }
  return { kind: 'none' }
}

/** The fields of a message: an object of LangChain, the JSON of one, or the JSON of LangGraph's server. */
export function messageFields(message: Fields): Fields & { type: string } {
  const { lc, id, kwargs, data, type } = message
  // `JSON.stringify(message)`
  if (lc !== undefined && Array.isArray(id) && isFields(kwargs))
    return { ...kwargs, type: wordFor(id.at(-1)) }
  // `message.toDict()`
  if (isFields(data) && typeof type === 'string' && !('content' in message)) return { ...data, type }
  const { getType } = message
  const named = typeof getType === 'function' ? (getType.call(message) as unknown) : type
  const name = typeof named === 'string' ? named : ''
  return type === name ? (message as Fields & { type: string }) : proxy(message, name)
}

/** Class instances have getters, so read their fields in place. */
function proxy(message: Fields, type: string): Fields & { type: string } {
  return Object.assign(Object.create(message) as Fields, { type })
}
