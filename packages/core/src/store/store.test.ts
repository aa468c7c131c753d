import { expect, test } from 'vitest'
import { Reader } from '../../test/model/reader.ts'
import type { MessageList } from '../response/lines.ts'
import { Store } from './store.ts'

/** A store that publishes when told, and shows what `path` makes of its list. */
function storeOf(reader: Reader) {
  const chosen = { path: (all: MessageList): MessageList => all }
  const lists: boolean[] = []
  const store = new Store(reader.conversation, {
    schedule: () => () => {},
    pathOf: ({ entries }) => chosen.path(entries.shown),
    onFlush() {},
    onTransitions() {},
    onListenerError(error) {
      throw error
    },
  })
  store.subscribe(() => void lists.push(store.isStreaming))
  return { store, chosen, lists }
}

const onlyLast = ({ last }: MessageList): MessageList => ({ length: 1, last, refs: [last!] })

test.each([
  ['nothing', undefined],
  ["a prompt's status", { name: 'prompt-status', data: { status: 'queued' }, headers: { promptId: 'p1' } }],
  ['one more prompt', { name: 'user-input', data: { promptId: 'p3', text: '3' } }],
])('another branch shows at once, with %s ahead that is not published', (_, ahead) => {
  const reader = new Reader()
  const { store, chosen } = storeOf(reader)
  for (const promptId of ['p1', 'p2']) reader.read({ name: 'user-input', data: { promptId, text: promptId } })
  store.changed('now')
  expect(store.messages.refs.map(({ id }) => id)).toEqual(['p1', 'p2'])
  if (ahead) reader.read(ahead)
  store.changed('frame')
  chosen.path = onlyLast
  let told = 0
  store.subscribe(() => told++)
  store.showPath()
  expect(store.messages.refs.map(({ id }) => id)).toEqual([ahead?.name === 'user-input' ? 'p3' : 'p2'])
  expect(told).toBe(1)
})

test('a response that begins, and that one streams, are told of together', () => {
  const reader = new Reader()
  const { store, lists } = storeOf(reader)
  const headers = { responseId: 'r1', rejoin: '1', part: '0' }
  reader.read({ name: 'response', data: 'Hello', headers })
  store.changed('now')
  expect(lists).toEqual([true])
  reader.read({ name: 'response', data: 'More', headers: { ...headers, responseId: 'r2' } })
  store.changed('now')
  expect(lists).toEqual([true, true])
  for (const responseId of ['r1', 'r2'])
    reader.read({ name: 'response-end', headers: { responseId, rejoin: '1' } })
  store.changed('now')
  expect(lists).toEqual([true, true, false])
})

test('a listener that leaves while others are told is not told any more, and one that comes waits for the next change', () => {
  const reader = new Reader()
  const { store } = storeOf(reader)
  const grow = (data: string) => {
    reader.read({ name: 'token', data, headers: { responseId: 'r' } })
    store.changed('now')
  }
  grow('One ')
  const told: string[] = []
  const stop = store.subscribeResponse('r', () => {
    told.push('first')
    leave()
    store.subscribeResponse('r', () => void told.push('new'))
  })
  const leave = store.subscribeResponse('r', () => void told.push('gone'))
  store.subscribeResponse('r', () => void told.push('last'))
  grow('two ')
  expect(told).toEqual(['first', 'last'])
  stop()
  grow('three')
  expect(told.slice(2)).toEqual(['last', 'new'])
})
