import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { expect, onTestFinished } from 'vitest'
import type { Chat } from './chat.ts'
import type { RunningDemo } from './demo.ts'

export interface Losing {
  /** Lets the agent hear what became of its publishes; it fills the gaps then. */
  hear(): Promise<void>
}

/** Holds the outcomes of publishes back from the agent: gaps on the page stay until they are released. */
async function holdNews({ model }: RunningDemo, chat: Chat): Promise<Losing> {
  const { port } = await model.broker()
  const faults = `http://127.0.0.1:${port}/faults`
  const channel = `ai:${chat.conversation}`
  const hold = async (match: object) => {
    const body = JSON.stringify({ verb: 'hold', match: { channel, ...match } })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(faults, { method: 'POST', body, headers })
    return ((await response.json()) as { id: string }).id
  }
  // Without news of its first publish, a message that grows could not be appended to.
  const ids = await Promise.all([hold({ action: 'append' }), hold({ name: 'token' })])
  const hear = async () => {
    await Promise.all(ids.map((id) => fetch(`${faults}/${id}`, { method: 'DELETE' })))
  }
  // News that is held holds up all that follows: other tests must not inherit it.
  onTestFinished(hear)
  return { hear }
}

/** Resolves with how to wait for the next publish of the agent that reaches the server. */
async function publishes(demo: RunningDemo, chat: Chat): Promise<() => Promise<void>> {
  const cookies = await chat.page.context().cookies()
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const closing = new AbortController()
  const path = `/api/conversations/${chat.conversation}/publishes`
  const response = await fetch(demo.url + path, { headers: { cookie }, signal: closing.signal })
  onTestFinished(() => closing.abort())
  const waiting: (() => void)[] = []
  const listen = async () => {
    for await (const line of createInterface(Readable.fromWeb(response.body! as ReadableStream))) {
      // Each publish is told again when its fate is known.
      if (line.includes('"fate":"waiting"')) for (const resolve of waiting.splice(0)) resolve()
    }
  }
  listen().catch(() => {})
  return () => new Promise((resolve) => void waiting.push(resolve))
}

/**
 * An answer that has written `from` characters loses a publish, or every n-th, by a button of "Break it", and writes on
 * until the page shows that something is missing. It holds there, and the agent has heard nothing.
 */
export async function lose(
  demo: RunningDemo,
  chat: Chat,
  fault: 'lose' | 'every',
  from: number,
): Promise<Losing & { at: number }> {
  const losing = await holdNews(demo, chat)
  const published = await publishes(demo, chat)
  await chat.break(fault)
  let at = from
  let written = await demo.model.held()
  // What is written at once may leave in one publish, and be lost with it: nothing shows until the next.
  for (let left = fault === 'lose' ? 4 : 12; left > 0 && (await chat.gaps.count()) === 0; left--) {
    const leaves = published()
    while (at <= written) at += 20
    await demo.model.holdAt(at)
    written = await demo.model.held()
    await leaves
  }
  await expect.poll(() => chat.gaps.count()).toBeGreaterThan(0)
  return { ...losing, at }
}
