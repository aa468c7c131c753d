import { once } from 'node:events'
import type * as Ably from 'ably'
import { WebSocket } from 'ws'
import { describe, expect, test } from 'vitest'
import { formats, uniqueName, useServer } from '../../test/clients.ts'

const { realtime, server } = useServer()

/** What a naive reader makes of what it hears: the text of each message, by serial. */
function read(channel: Ably.RealtimeChannel, texts: Map<string, string>) {
  return channel.subscribe(({ action, serial, data }) => {
    const text = String(data ?? '')
    texts.set(serial!, action === 'message.append' ? (texts.get(serial!) ?? '?') + text : text)
  })
}

describe.each(formats)('resuming over $format', ({ useBinaryProtocol }) => {
  test.each([0, 20])(
    'whatever breaks, and whenever, readers end with the whole (merging %i ms)',
    async (window) => {
      const { faults } = server()
      const name = uniqueName()
      const writer = realtime({
        useBinaryProtocol,
        clientId: 'w',
        transportParams: { appendRollupWindow: window },
      })
      const agent = writer.channels.get(name)
      const readers = Array.from({ length: 3 }, () =>
        realtime({ useBinaryProtocol, disconnectedRetryTimeout: 20 }),
      )
      const seen = readers.map(() => new Map<string, string>())
      await Promise.all(readers.map((reader, i) => read(reader.channels.get(name), seen[i]!)))
      const expected = new Map<string, string>()
      const jitter = faults.delay({ ms: 0, jitter: 8, match: { channel: name } })

      const trouble = () => {
        const victims = [...readers, writer].filter(() => Math.random() < 0.5)
        for (const { connection } of victims)
          if (connection.id) faults.drop({ match: { connectionId: connection.id } })
      }
      const stream = async (letter: string) => {
        const { serials } = await agent.publish('response', letter)
        const serial = serials[0]!
        const appends: Promise<unknown>[] = []
        let whole = letter
        for (let i = 0; i < 60; i++) {
          whole += `${letter}${i} `
          appends.push(agent.appendMessage({ serial, data: `${letter}${i} ` }))
          // Three at a time: the next go out when the server has answered, and some break on their way.
          if (i % 3 !== 0) continue
          if (Math.random() < 0.2) trouble()
          await appends.at(-1)
        }
        await Promise.all(appends)
        expected.set(serial, whole)
      }
      await Promise.all(['a', 'b', 'c'].map(stream))
      jitter()

      await expect
        .poll(() => seen.map((texts) => Object.fromEntries(texts)))
        .toEqual(seen.map(() => Object.fromEntries(expected)))
      const { items } = await agent.history({ direction: 'forwards' })
      expect(items.map((message) => [message.serial, message.data as unknown])).toEqual(
        [...expected].sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    },
  )
})

test('a client may lose any number of answers to its resumes', async () => {
  interface Connected {
    connectionId: string
    connectionDetails: { connectionKey: string }
    error?: unknown
  }
  const connect = async (query = '') => {
    const socket = new WebSocket(`${server().url.replace('http', 'ws')}/?key=${server().key}${query}`)
    const [data] = (await once(socket, 'message')) as [Buffer]
    return { socket, frame: JSON.parse(data.toString()) as Connected }
  }
  const first = await connect()
  const { connectionId, connectionDetails } = first.frame
  const sockets = [first.socket]
  for (let i = 0; i < 5; i++) {
    // It did not hear of the new keys, so it comes with the first one again.
    const { socket, frame } = await connect(`&resume=${encodeURIComponent(connectionDetails.connectionKey)}`)
    sockets.push(socket)
    expect(frame).toMatchObject({ connectionId })
    expect(frame.error).toBeUndefined()
  }
  for (const socket of sockets) socket.terminate()
})
