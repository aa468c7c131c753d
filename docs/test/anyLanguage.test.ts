import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSession, history, type Session } from '@rejoin/core'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { patience } from '../../packages/core/test/patience.ts'
import { closeClients, Realtime } from './ably.ts'
import { isMissing, languages, Program } from './languages.ts'

const patterns = ['message-per-response', 'message-per-token']
const words = Array.from({ length: 120 }, (_, n) => `word ${n} `)
const pieces = ['A rope ', 'is 🪢 a ', 'bundle of fibres: ', 'corde, верёвка, 縄\n', ...words]

describe.each(languages)('the agent in $name', (language) => {
  const missing = isMissing(language)
  let program: Program
  let server: LocalAbly
  const proxies = new Set<Server>()

  beforeAll(() => {
    if (!missing) program = new Program(language)
  })
  afterAll(() => program?.remove())
  beforeEach(async () => {
    server = await startLocalAbly()
    Object.assign(globalThis, { localAbly: server.clientOptions })
  })
  afterEach(async () => {
    program?.stop()
    closeClients()
    for (const proxy of proxies) proxy.close()
    proxies.clear()
    await server.close()
  })

  const start = (pattern: string, more: Record<string, string> = {}): ChildProcess =>
    program.start({
      ABLY_URL: server.url,
      ABLY_API_KEY: server.key,
      ABLY_CHANNEL: 'ai:chat',
      PATTERN: pattern,
      PIECES: JSON.stringify(pieces),
      ...more,
    })

  async function open(): Promise<Session> {
    const client = new Realtime({ clientId: 'ann' })
    const session = createSession({ client, channelName: 'ai:chat', hydrate: history() })
    await session.ready
    return session
  }

  /** What a fresh reader shows of the first answer that ends. */
  async function ended(session: Session) {
    const over = ({ id, role }: { id: string; role: string }) =>
      role === 'assistant' && session.getResponse(id)!.status !== 'streaming'
    const first = () => session.getSnapshot().messages.find(over)?.id
    const id = await vi.waitUntil(first, { timeout: patience, interval: 10 })
    const late = await open()
    const of = (one: Session) => {
      const { text, status, verified, hasGap, promptId } = one.getResponse(id)!
      return { text, status, verified, hasGap, answered: promptId !== undefined }
    }
    expect(of(late)).toEqual(of(session))
    return of(session)
  }

  const whole = { text: pieces.join(''), status: 'complete', verified: true, hasGap: false, answered: true }

  describe.skipIf(missing).each(patterns)(`${missing ? `(not on this machine) ` : ''}%s`, (pattern) => {
    test('to the exact text, verified', async () => {
      start(pattern)
      const session = await open()
      await session.sendMessage({ text: 'What is a rope?' })
      expect(await ended(session)).toEqual(whole)
    })

    test('with every fifth publish refused', async () => {
      const agent = start(pattern, { HOLD: 'once' })
      let publishes = 0
      // Each publish lets the model say one more piece.
      const clientId = (id: string) => {
        if (id !== 'agent') return false
        publishes++
        return agent.stdin!.write('\n') || true
      }
      server.faults.refuse({ every: 5, match: { clientId } })
      const session = await open()
      await session.sendMessage({ text: 'What is a rope?' })
      expect(await ended(session)).toEqual(whole)
      expect(publishes).toBeGreaterThan(50)
    })

    test('with every fourth answer of the service lost', async () => {
      const { url, lost } = await losingProxy(server.port, 4)
      start(pattern, { ABLY_URL: url })
      const session = await open()
      await session.sendMessage({ text: 'What is a rope?' })
      expect(await ended(session)).toEqual(whole)
      expect(lost()).toBeGreaterThan(0)
    })

    test('a text that outgrows a message', async () => {
      const long = Array.from({ length: 60 }, (_, n) => `${n} ${'縄 rope 🪢 '.repeat(100)}`)
      start(pattern, { PIECES: JSON.stringify(long) })
      const session = await open()
      await session.sendMessage({ text: 'Everything about ropes' })
      expect(await ended(session)).toEqual({ ...whole, text: long.join('') })
    })

    test('refused for good: the answer ends as an error', async () => {
      server.faults.refuse({ error: 40160, match: { clientId: 'agent', data: /fibres/ } })
      start(pattern)
      const session = await open()
      await session.sendMessage({ text: 'What is a rope?' })
      expect(await ended(session)).toMatchObject({ status: 'error' })
    })

    test('a prompt from before it started', async () => {
      const session = await open()
      await session.sendMessage({ text: 'Anyone?' })
      start(pattern)
      expect(await ended(session)).toEqual(whole)
    })

    test('stopped when asked', async () => {
      const agent = start(pattern, { HOLD: 'for ever' })
      const session = await open()
      const promptId = await session.sendMessage({ text: 'What is a rope?' })
      agent.stdin!.write('\n')
      await shown(session, promptId, pieces[0]!)
      const end = ended(session)
      session.stop(session.getPrompt(promptId)!.responseId)
      // The model goes on until the agent has heard.
      const going = setInterval(() => agent.stdin!.write('\n'), 20)
      const { status, text, hasGap } = await end
      clearInterval(going)
      expect({ status, hasGap }).toEqual({ status: 'stopped', hasGap: false })
      expect(text.startsWith(pieces[0]!)).toBe(true)
    })

    test('killed in the middle: the next process answers', async () => {
      const agent = start(pattern, { HOLD: 'once' })
      const session = await open()
      const promptId = await session.sendMessage({ text: 'What is a rope?' })
      agent.stdin!.write('\n')
      await shown(session, promptId, pieces[0]!)
      agent.kill('SIGKILL')
      await once(agent, 'exit')
      start(pattern)
      expect(await ended(session)).toEqual(whole)
      const answers = session.getSnapshot().messages.filter(({ role }) => role === 'assistant')
      expect(answers).toHaveLength(1)
    })
  })

  /** Hands requests on, and cuts every n-th connection that wrote instead of answering. */
  async function losingProxy(port: number, every: number): Promise<{ url: string; lost: () => number }> {
    let writes = 0
    let lost = 0
    const proxy = createServer((asked, answer) => {
      const { method, url: path, headers } = asked
      const handed = request({ host: '127.0.0.1', port, method, path, headers }, (given) => {
        if (method !== 'GET' && ++writes % every === 0) {
          lost++
          given.resume().on('end', () => asked.socket.destroy())
          return
        }
        answer.writeHead(given.statusCode!, given.headers)
        given.pipe(answer)
        answer.on('close', () => given.destroy())
        given.on('error', () => answer.destroy())
      })
      handed.on('error', () => answer.destroy())
      asked.pipe(handed)
    })
    proxies.add(proxy)
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, lost: () => lost }
  }
})

/** Resolves when the answer to a prompt begins with `text`. */
function shown(session: Session, promptId: string, text: string): Promise<boolean> {
  const shows = () => {
    const id = session.getPrompt(promptId)?.responseId
    return id !== undefined && session.getResponse(id)!.text.startsWith(text)
  }
  return vi.waitUntil(shows, { timeout: patience, interval: 10 })
}
