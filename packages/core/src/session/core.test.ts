import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { wholeMessage } from '../../test/model/deliveries.ts'
import { DirectChannel } from '../../test/model/directChannel.ts'
import { createSession } from './session.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Opens a session with an answer of history and a row, closes it, and keeps a weak hold on what it knew. */
async function closed(): Promise<Record<string, WeakRef<object>>> {
  const channel = Object.assign(new DirectChannel(), { name: '' })
  const row = { id: 'row', role: 'assistant' as const, text: 'A row.', createdAt: 1 }
  const session = createSession({
    channel: channel.asChannel(),
    presence: false,
    hydrate: {
      load: (past) => {
        past.applyRows([row])
        past.apply(wholeMessage('old', 'An answer.'))
        return Promise.resolve()
      },
    },
  })
  await session.ready
  const { messages } = session.getSnapshot()
  expect(messages).toHaveLength(2)
  const response = new WeakRef(session.getResponse('old')!)
  session.close()
  return { session: new WeakRef(session), channel: new WeakRef(channel), row: new WeakRef(row), response }
}

test('what stays of closed sessions keeps nothing of theirs, and needs no name of a channel', async () => {
  const known = [await closed(), await closed()]
  // A weak reference holds until the task ends in which it was made or read.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  const left = known.flatMap((one) => Object.keys(one).filter((name) => one[name]!.deref() !== undefined))
  expect(left).toEqual([])
})
