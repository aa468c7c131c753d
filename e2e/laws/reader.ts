/** Runs in the page: sessions that keep every state they publish, for the test to look at. */
import { createSession, history, rewind } from '@rejoin/core'
import type { ResponseState, Session } from '@rejoin/core'
import * as Ably from 'ably'

interface Opening {
  channelName: string
  clientOptions: Ably.ClientOptions
  way: 'history' | 'rewind' | 'short rewind'
  limit: number
  responseIds: string[]
}

type State = Pick<ResponseState, 'text' | 'gaps' | 'status' | 'verified'>

const readers: { session: Session; client: Ably.Realtime; states: Map<string, State[]> }[] = []

const api = {
  async open({ channelName, clientOptions, way, limit, responseIds }: Opening): Promise<number> {
    const client = new Ably.Realtime(clientOptions)
    const options = { limit, maxPages: 1_000 }
    const hydrate = way === 'history' ? history(options) : rewind(way === 'rewind' ? '2m' : 3, options)
    const session = createSession({ client, channelName, hydrate })
    const states = new Map<string, State[]>(responseIds.map((id) => [id, []]))
    for (const id of responseIds)
      session.subscribeResponse(id, () => {
        const { text, gaps, status, verified } = session.getResponse(id)!
        states.get(id)!.push({ text, gaps, status, verified })
      })
    await session.ready
    return readers.push({ session, client, states }) - 1
  },
  states: (reader: number, id: string): State[] => readers[reader]!.states.get(id)!,
  close(reader: number): void {
    readers[reader]!.session.close()
    readers[reader]!.client.close()
  },
}

export type Api = typeof api
Object.assign(globalThis, { reader: api })
