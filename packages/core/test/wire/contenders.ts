import { Invocation } from '@ably/ai-transport'
import { createAgentSession, createClientSession } from '@ably/ai-transport/vercel'
import type { UIMessageChunk } from 'ai'
import type * as Ably from 'ably'
import { createAgent } from '@rejoin/agent'
import { aiTransport, promptMessage } from '../../src/ai-transport/index.ts'
import { createSession } from '../../src/index.ts'
import type { Session } from '../../src/index.ts'
import type { Wire } from './wire.ts'

/** An answer while it is written. */
export interface Writer {
  write(delta: string): void
  end(): Promise<void>
  /** Goes without a word. */
  die(): void
}

/** What one client shows. */
export interface View {
  /** Texts of the answers it shows, in order. */
  texts(): string[]
  /** Whether it ever showed that something is missing. */
  sawGap(): boolean
  sawError(): boolean
  /** What it says of the last answer: still streaming, over, or given up. */
  status(): string
}

/** An agent's library and the clients that read it. */
export interface Contender {
  agent(): Promise<() => Promise<Writer>>
  views: Record<string, (clientId: string) => Promise<View>>
}

function sessionView(session: Session): View {
  let gap = false
  let error = false
  session.on('gap', () => (gap = true))
  session.on('error', () => (error = true))
  const responses = () =>
    session
      .getSnapshot()
      .messages.flatMap(({ id, role }) => (role === 'assistant' ? (session.getResponse(id) ?? []) : []))
  return {
    texts: () => responses().map(({ text }) => text),
    sawGap: () => gap,
    sawError: () => error,
    status: () => responses().at(-1)?.status ?? 'nothing',
  }
}

/** Our agent and our session. */
export function rejoin(wire: Wire, channelName: string): Contender {
  const client = (clientId: string, options: Partial<Ably.ClientOptions> = {}) =>
    wire.client({ clientId, ...options })
  return {
    async agent() {
      const own = client('agent', { transportParams: { remainPresentFor: '100' } })
      const agent = createAgent({ client: own, channelName })
      await agent.ready
      return async () => {
        const response = agent.respond()
        return {
          write: (delta) => response.append(delta),
          end: async () => void (await response.end().catch(() => {})),
          die: () => own.close(),
        }
      }
    },
    views: {
      Rejoin: async (clientId) => {
        const session = createSession({ client: client(clientId), channelName })
        await session.ready
        return sessionView(session)
      },
    },
  }
}

/** The agent of `@ably/ai-transport`, its client, and our session with the codec for it. */
export function aiTransportPeer(wire: Wire, channelName: string): Contender {
  return {
    async agent() {
      const client = wire.client({ clientId: 'agent', transportParams: { remainPresentFor: '100' } })
      const asker = wire.client({ clientId: 'asker' }).channels.get(channelName)
      const session = createAgentSession({ client, channelName })
      await session.connect()
      return async () => {
        const { message, invocation } = promptMessage({ text: 'Go', channelName })
        await asker.publish(message)
        const run = session.createRun(Invocation.fromJSON(invocation))
        while (run.view.hasOlder()) await run.view.loadOlder()
        await run.start()
        const deltas = new Deltas()
        const piped = run.pipe(deltas).then(() => run.end({ reason: 'complete' }))
        piped.catch(() => {})
        return {
          write: (delta) => deltas.push(delta),
          async end() {
            deltas.close()
            await piped.catch(() => {})
          },
          die: () => client.close(),
        }
      }
    },
    views: {
      'ai-transport': async (clientId) => {
        const session = createClientSession({ client: wire.client({ clientId }), channelName })
        let error = false
        session.on('error', () => (error = true))
        await session.connect()
        // What a page does when it opens.
        while (session.view.hasOlder()) await session.view.loadOlder()
        const answers = () => session.view.getMessages().filter(({ message }) => message.role === 'assistant')
        return {
          texts: () =>
            answers().map(({ message }) =>
              message.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
            ),
          sawGap: () => false,
          sawError: () => error,
          status: () => {
            const last = answers().at(-1)
            return (last && session.view.runOf(last.codecMessageId)?.status) ?? 'nothing'
          },
        }
      },
      'Rejoin, same agent': async (clientId) => {
        const session = createSession({
          client: wire.client({ clientId }),
          channelName,
          codec: aiTransport({ presence: false }),
        })
        await session.ready
        return sessionView(session)
      },
    },
  }
}

/** Chunks that come when they are pushed. */
class Deltas implements AsyncIterable<UIMessageChunk> {
  private readonly queue: UIMessageChunk[] = [{ type: 'text-start', id: '0' }]
  private closed = false
  private wake = (): void => {}

  push(delta: string): void {
    this.queue.push({ type: 'text-delta', id: '0', delta })
    this.wake()
  }

  close(): void {
    this.queue.push({ type: 'text-end', id: '0' })
    this.closed = true
    this.wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<UIMessageChunk> {
    for (;;) {
      yield* this.queue.splice(0)
      if (this.queue.length > 0) continue
      if (this.closed) return
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }
}
