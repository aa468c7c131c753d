import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as Ably from 'ably'
import { createAgentHost } from '@rejoin/agent'
import type { Report } from './report.ts'

/** Of each answer. A few conversations share 20,000, so that there is something to measure. */
const tokensOf = (size: number): number => Math.max(200, 20_000 / size)

const tick = () => new Promise((resolve) => setImmediate(resolve))

/** Bytes that stay, once nothing else is held. */
function retained(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Opening conversations, tokens a second while all of them answer at once, and what one keeps that is open and at rest. */
export async function measureHost(report: Report, sizes = [1, 100, 1000]): Promise<void> {
  if (!globalThis.gc) throw new Error('unable to measure memory; run node with --expose-gc')
  const server = fork(fileURLToPath(new URL('server.ts', import.meta.url)))
  const [clientOptions] = (await once(server, 'message')) as [Ably.ClientOptions]
  // Warm up: compiling and loading happen once and belong to no cell.
  await measure(clientOptions, 'warm', 10)
  for (const size of sizes) {
    const { opening, seconds, bytes } = await measure(clientOptions, `of-${size}`, size)
    const column = `${size.toLocaleString('en')} conversations`
    const section = 'Agent: one host'
    report.add({ section, column, name: 'opening', unit: 'ms each', value: (opening * 1000) / size })
    report.add({
      section,
      column,
      name: 'all answering',
      unit: 'tokens/s',
      value: (tokensOf(size) * size) / seconds,
    })
    report.add({ section, column, name: 'open, at rest', unit: 'bytes each', value: bytes })
  }
  server.disconnect()
  await once(server, 'exit')
}

async function measure(options: Ably.ClientOptions, name: string, size: number) {
  const channels = Array.from({ length: size }, (_, i) => `ai:host-${name}-${i}`)
  const asker = new Ably.Realtime({ ...options, clientId: 'ann' })
  for (const channelName of channels)
    await asker.channels.get(channelName).publish('user-input', { promptId: 'p', text: 'Go' })
  asker.close()
  const client = new Ably.Realtime({
    ...options,
    clientId: 'agent',
    echoMessages: false,
    realtimeRequestTimeout: 60_000,
  })
  await client.connection.whenState('connected')
  const before = retained()
  let allOpen = () => {}
  const everyOneOpen = new Promise<void>((resolve) => (allOpen = resolve))
  let opened = 0
  const host = createAgentHost({
    client,
    maxOpen: size,
    idleAfter: 3_600_000,
    endOnExit: false,
    async handler(_prompt, response) {
      // Opening a conversation costs requests; it does not count as answering.
      if (++opened === size) allOpen()
      await everyOneOpen
      for (let i = 0; i < tokensOf(size); i++) {
        response.append(`tok${i % 10} `)
        if (i % 100 === 0) await tick()
      }
    },
  })
  const start = performance.now()
  const woken = Promise.all(channels.map((channelName) => host.wake({ channelName, promptId: 'p' })))
  await Promise.race([everyOneOpen, woken])
  const opening = (performance.now() - start) / 1000
  await woken
  const seconds = (performance.now() - start) / 1000 - opening
  await tick()
  const bytes = (retained() - before) / size
  await host.close()
  client.close()
  return { opening, seconds, bytes }
}
