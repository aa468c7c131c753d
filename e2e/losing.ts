import { expect, onTestFinished } from 'vitest'
import type { Chat } from './chat.ts'
import type { Demo } from './demo.ts'

export interface Losing {
  /** Lets the agent hear what became of its publishes; it fills the gaps then. */
  hear(): Promise<void>
}

/** Holds the outcomes of publishes back from the agent: gaps on the page stay until they are released. */
async function holdNews({ model }: Demo, chat: Chat): Promise<Losing> {
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

/**
 * An answer that has written `from` characters loses a publish, or every n-th, by a button of "Break it", and writes on
 * until the page shows that something is missing. It holds there, and the agent has heard nothing.
 */
export async function lose(
  demo: Demo,
  chat: Chat,
  fault: 'lose' | 'every',
  from: number,
): Promise<Losing & { at: number }> {
  const losing = await holdNews(demo, chat)
  await chat.break(fault)
  let at = from
  await expect
    .poll(
      async () => {
        // What is written at once may leave in one publish, and be lost with it: nothing shows until the next.
        await demo.model.holdAt((at += 20))
        await demo.model.held()
        return chat.gaps.count()
      },
      { timeout: 60_000, interval: 50 },
    )
    .toBeGreaterThan(0)
  return { ...losing, at }
}
