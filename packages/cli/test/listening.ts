import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { compareHistory } from '../src/check/compareHistory.ts'
import type { Finding } from '../src/check/finding.ts'
import { inspect } from '../src/check/inspect.ts'
import type { Transcript } from '../src/check/transcript.ts'
import type { Operation } from '../src/wire/operation.ts'
import { readPast, Recorder } from '../src/wire/recorder.ts'

export const channelName = 'ai:check'

/** What a check finds of all that `speak` publishes: live, and in history alone. */
export async function heard(
  speak: (server: LocalAbly) => Promise<unknown>,
  prompts: readonly string[] = ['p1'],
): Promise<{ live: Finding[]; past: Finding[] }> {
  const server = await startLocalAbly()
  try {
    const { operations, present, read } = await listen(server, () => speak(server))
    const live: Transcript = { operations, present, prompts, complete: true, live: true }
    const past: Transcript = { operations: read, present, prompts: [], complete: true, live: false }
    return { live: [...inspect(live), ...compareHistory(live, read)], past: inspect(past) }
  } finally {
    await server.close()
  }
}

/** All that `speak` publishes, as a subscriber hears it. */
export async function record(
  server: LocalAbly,
  speak: (channelName: string) => Promise<unknown>,
): Promise<Operation[]> {
  return (await listen(server, speak)).operations
}

async function listen(server: LocalAbly, speak: (channelName: string) => Promise<unknown>) {
  const client = new Realtime({ ...server.clientOptions, clientId: 'rejoin-check', logLevel: 0 })
  try {
    const channel = client.channels.get(channelName)
    const recorder = new Recorder(channel)
    const last = new Promise<void>((resolve) => {
      void recorder.start(() => recorder.operations.at(-1)!.name === 'barrier' && resolve())
    })
    await channel.attach()
    await speak(channelName)
    // What was published before it has been heard before it.
    await channel.publish('barrier', null)
    await last
    const operations = recorder.operations.filter(({ name }) => name !== 'barrier')
    const read = (await readPast(channel)).filter(({ name }) => name !== 'barrier')
    return { operations, read, present: recorder.present }
  } finally {
    client.close()
  }
}

export const errors = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ severity }) => severity === 'error')
