import { Invocation } from '@ably/ai-transport'
import { createAgentSession } from '@ably/ai-transport/vercel'
import type { UIMessageChunk } from 'ai'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { aiTransport, promptMessage } from '../../src/ai-transport/index.ts'
import { history } from '../../src/index.ts'
import { turn, words } from './chat.ts'
import { Wire } from './wire.ts'

export async function* spoken(id = '0'): AsyncGenerator<UIMessageChunk> {
  yield { type: 'text-start', id }
  for (const delta of words) {
    yield { type: 'text-delta', id, delta }
    await turn()
  }
  yield { type: 'text-end', id }
}

export async function* all<T = UIMessageChunk>(...chunks: T[]): AsyncGenerator<T> {
  yield* chunks
}

type End = { reason: 'complete' } | { reason: 'error'; error: never }

/** A server for the tests of one file; agents of `@ably/ai-transport` on it, and our sessions that read them. */
export function useAiTransport() {
  let wire: Wire
  beforeAll(async () => {
    wire = await Wire.start({ connectionStateTtl: 1_000 })
  })
  afterEach(() => wire.release())
  afterAll(() => wire.close())

  const read = (name: string, hydrate = history()) => wire.session(name, { codec: aiTransport(), hydrate })

  return {
    get wire() {
      return wire
    },
    read,
    /** One chunk after the other, each when readers have what the agent published before. */
    async *slowly(...chunks: UIMessageChunk[]): AsyncGenerator<UIMessageChunk> {
      for (const chunk of chunks) {
        yield chunk
        await wire.delivered()
        await wire.delivered()
      }
    },
    /** Reads the channel back to its beginning, `limit` messages at a time. */
    async readAll(name: string, limit: number) {
      const session = read(name, history({ limit, maxPages: 100 }))
      await session.ready
      while (session.getSnapshot().hasOlder) await session.loadOlder()
      return session
    },
    /** The package's own agent, answering one prompt that our reader's side sent. */
    async ask(name: string, chunks: (signal: AbortSignal) => AsyncIterable<UIMessageChunk>, end?: End) {
      const asker = wire.client({ clientId: 'asker' }).channels.get(name)
      const { message, invocation, promptId } = promptMessage({ text: 'Why?', channelName: name })
      const published = asker.publish(message)
      const session = createAgentSession({ client: wire.client({ clientId: 'agent' }), channelName: name })
      await Promise.all([session.connect(), published])
      const run = session.createRun(Invocation.fromJSON(invocation))
      // As its documentation has it: the prompt is found by paging the conversation in.
      while (run.view.hasOlder()) await run.view.loadOlder()
      await run.start()
      const finished = (async () => {
        const result = await run.pipe(chunks(run.abortSignal))
        await run.end(end ?? { reason: result.reason === 'cancelled' ? 'cancelled' : 'complete' })
        await session.end()
        return result
      })()
      return { run, finished, promptId }
    },
  }
}
