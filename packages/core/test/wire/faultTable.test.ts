import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { testPatience } from '../patience.ts'
import { aiTransportPeer, rejoin } from './contenders.ts'
import type { Contender, View, Writer } from './contenders.ts'
import { until, Wire } from './wire.ts'

/**
 * The faults that streams meet, and what each client ends with: `@ably/ai-transport` 0.8 beside Rejoin, and Rejoin
 * reading that package's agents. `FAULT_TABLE=1` prints the table.
 */
let wire: Wire
beforeAll(async () => {
  wire = await Wire.start({ connectionStateTtl: 400, remainPresentFor: 100 })
  // A refused append of @ably/ai-transport is an unhandled rejection until its message closes.
  process.on('unhandledRejection', ignore)
})
afterEach(() => wire.release())
afterAll(async () => {
  await wire.close()
  process.off('unhandledRejection', ignore)
  if (process.env.FAULT_TABLE) console.table(table)
})

const ignore = (): void => {}
const deltas = ['Hello ', 'big ', 'wide ', 'world', '!']
const truth = deltas.join('')
const table: Record<string, Record<string, string>> = {}

interface Scene {
  channelName: string
  writer: () => Promise<Writer>
  open: () => Promise<View>
}

/** Says each word in a message of its own, when readers have the one before. */
async function say(channelName: string, writers: Writer | Writer[], words = deltas): Promise<void> {
  for (const word of words)
    for (const writer of [writers].flat()) {
      const published = wire.published('agent', channelName)
      writer.write(word)
      await published
      await wire.delivered()
    }
}

const faults: Record<string, (scene: Scene) => Promise<{ view: View; expected?: string[] }>> = {
  'nothing at all': async ({ writer, open, channelName }) => {
    const view = await open()
    const answer = await writer()
    await say(channelName, answer)
    await answer.end()
    return { view }
  },
  'one delta refused': async ({ writer, open, channelName }) => {
    const view = await open()
    const answer = await writer()
    wire.server.faults.refuse({ match: { channel: channelName, data: /^big / }, times: 1 })
    await say(channelName, answer)
    await answer.end()
    return { view }
  },
  'one delta twice': async ({ writer, open, channelName }) => {
    const view = await open()
    wire.server.faults.duplicate({ match: { channel: channelName, data: /^big $/ } })
    const answer = await writer()
    await say(channelName, answer)
    await answer.end()
    return { view }
  },
  'two swapped': async ({ writer, open, channelName }) => {
    const view = await open()
    wire.server.faults.reorder({ match: { channel: channelName, data: /^big $/ } })
    const answer = await writer()
    await say(channelName, answer)
    await answer.end()
    return { view }
  },
  'joined late': async ({ writer, open, channelName }) => {
    const answer = await writer()
    await say(channelName, answer, deltas.slice(0, 3))
    const view = await open()
    await say(channelName, answer, deltas.slice(3))
    await answer.end()
    return { view }
  },
  'two answers interleaved': async ({ writer, open, channelName }) => {
    const view = await open()
    const [one, two] = [await writer(), await writer()]
    await say(channelName, [one, two])
    await one.end()
    await two.end()
    return { view, expected: [truth, truth] }
  },
  'connection lost for too long, and the answer ended meanwhile': async ({ writer, open, channelName }) => {
    const view = await open()
    const answer = await writer()
    await say(channelName, answer, deltas.slice(0, 2))
    const match = { clientId: 'reader' }
    const admit = wire.server.faults.drop({ match, forget: true, refuseFor: testPatience })
    await say(channelName, answer, deltas.slice(2))
    await answer.end()
    admit()
    return { view }
  },
  'the agent dies': async ({ writer, open, channelName }) => {
    const view = await open()
    const answer = await writer()
    await say(channelName, answer, deltas.slice(0, 2))
    await until('the text', () => view.texts().at(-1) === 'Hello big ')
    answer.die()
    return { view, expected: ['Hello big '] }
  },
}

/** What came of it, once it is right; or at once, where it is not going to be. */
async function outcome(view: View, expected: string[], dead: boolean, hopeless: boolean): Promise<string> {
  const right = () => JSON.stringify(view.texts()) === JSON.stringify(expected)
  const over = () => right() && (!dead || view.status() === 'interrupted')
  await wire.delivered()
  if (!hopeless) await until('the outcome', over).catch(() => {})
  if (dead) return view.status() === 'interrupted' ? 'interrupted' : `${view.status()} for ever`
  if (right()) return view.sawGap() ? 'gap shown, healed' : 'right'
  const sign = view.sawGap() ? 'gap shown' : view.sawError() ? 'an error' : 'no sign'
  return expected.length > 1 && view.texts().length === 1 ? 'one visible' : `wrong, ${sign}`
}

async function run(
  fault: string,
  make: (channelName: string) => Contender,
  name: string,
  like: RegExp,
): Promise<string> {
  const channelName = wire.channelName()
  const contender = make(channelName)
  const writer = await contender.agent()
  const { view, expected } = await faults[fault]!({
    channelName,
    writer,
    open: () => contender.views[name]!('reader'),
  })
  const hopeless = !/^\^\(?(right|interrupted)/.test(like.source)
  const result = await outcome(view, expected ?? [truth], fault === 'the agent dies', hopeless)
  ;(table[fault] ??= {})[name] = result
  wire.release()
  return result
}

const ours = (channelName: string) => rejoin(wire, channelName)
const theirs = (channelName: string) => aiTransportPeer(wire, channelName)

/** Rejoin, Rejoin reading the peer's agent, and the peer as it was measured. */
const expected: Record<string, [rejoin: RegExp, codec: RegExp, peer: RegExp]> = {
  'nothing at all': [/^right$/, /^right$/, /^right$/],
  'one delta refused': [/^(right|gap shown, healed)$/, /^right$/, /^wrong, no sign$/],
  'one delta twice': [/^right$/, /^right$/, /^right$/],
  'two swapped': [/^(right|gap shown, healed)$/, /^right$/, /^wrong/],
  'joined late': [/^right$/, /^right$/, /^right$/],
  'two answers interleaved': [/^right$/, /^right$/, /./],
  'connection lost for too long, and the answer ended meanwhile': [
    /^(right|gap shown, healed)$/,
    /^(right|gap shown, healed)$/,
    /^wrong/,
  ],
  'the agent dies': [/^interrupted$/, /for ever$/, /for ever$/],
}

for (const [fault, [own, codec, peer]] of Object.entries(expected))
  test(fault, async () => {
    expect(await run(fault, ours, 'Rejoin', own)).toMatch(own)
    expect(await run(fault, theirs, 'Rejoin, same agent', codec)).toMatch(codec)
    expect(await run(fault, theirs, 'ai-transport', peer)).toMatch(peer)
  })
