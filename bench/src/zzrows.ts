import { createSession, seed } from '@rejoin/core'
import { DirectChannel } from '../../packages/core/test/model/directChannel.ts'
import { makeTokens } from '../../packages/core/test/model/deliveries.ts'
import { Frames } from './frames.ts'
const answer = makeTokens(60).join('')
const rows = Array.from({ length: 10_000 }, (_, i) => ({ id: `past-${i}`, role: 'assistant' as const, text: answer, createdAt: i + 1 }))
const bytes = JSON.stringify(rows)
const load = seed({ load: () => Promise.resolve({ rows }) })
async function once() {
  const frames = new Frames()
  const session = createSession({ channel: new DirectChannel().asChannel(), hydrate: load, presence: false, schedule: frames.schedule })
  session.subscribe(() => void session.getSnapshot().messages)
  await session.ready
  frames.next()
  const { messages } = session.getSnapshot()
  let n = 0
  for (const m of messages.slice(-30)) n += session.getResponse(m.id)!.text.length
  session.close()
  return n
}
export async function contender() {
  return async (): Promise<[number, number]> => {
    globalThis.gc!()
    let t = process.hrtime.bigint()
    await once()
    const a = Number(process.hrtime.bigint() - t) / 10_000
    globalThis.gc!()
    t = process.hrtime.bigint()
    JSON.parse(bytes)
    return [a, Number(process.hrtime.bigint() - t) / 10_000]
  }
}
