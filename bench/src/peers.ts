import { ablyTransport } from '../peers/src/ablyTransport.ts'
import { agUi } from '../peers/src/agUi.ts'
import { aiSdkReact, aiSdkVue } from '../peers/src/aiSdk.ts'
import { langGraph } from '../peers/src/langGraph.ts'
import type { Peer, PeerConversation } from '../peers/src/peer.ts'
import { tanStack } from '../peers/src/tanStack.ts'
import { makeTokens } from '../../packages/core/test/model/deliveries.ts'
import type { Candidate } from './interleave.ts'
import { interleave } from './interleave.ts'
import { Floor } from './floor.ts'
import { Conversation, inRounds, short, warmUp } from './reader.ts'
import { amount, times } from './report.ts'
import type { Report } from './report.ts'

const peers: readonly Peer[] = [aiSdkReact, aiSdkVue, tanStack, langGraph, agUi, ablyTransport]

const frames = ['64 deliveries a frame', 'one delivery a frame']

/** The cell in which the cheapest peer comes nearest. */
interface Worst {
  ratio: number
  ours: number
  cheapest: number
  least: number
  name: string
  column: string
}

/** Nanoseconds that one peer may take for one sample; a dearer cell is left out, and said to be. */
const PATIENCE = 20e9

/** Ours and theirs in turns: the same tokens, into a conversation of the same length. */
export async function measurePeers(
  report: Report,
  grid: { tokens: readonly number[]; messages: readonly number[] },
  isQuick: boolean,
) {
  const section = 'Reader beside its peers: one token, in a conversation of so many messages'
  const worst = new Map<string, Worst>()
  await warmUp()
  for (const messages of grid.messages) {
    const dear = new Map<Peer, number>()
    const open = new Map<Peer, PeerConversation>()
    for (const peer of peers) open.set(peer, await peer.open(messages))
    const conversation = await Conversation.with(messages)
    const floor = new Floor(messages)
    for (const tokens of grid.tokens) {
      const texts = makeTokens(tokens + 1)
      const supply = inRounds('message-per-response', texts)
      const theirs = peers.filter((peer) => (dear.get(peer) ?? 0) * tokens < PATIENCE)
      const candidates: Candidate[] = [
        { name: 'floor a', prepare: (round) => floor.stream(supply(round), 'append', 64) },
        { name: 'floor b', prepare: (round) => floor.stream(supply(round + 0.5), 'append', 1) },
        { name: 'a', prepare: (round) => conversation.stream(supply(round), 'append', 64) },
        { name: 'b', prepare: (round) => conversation.stream(supply(round + 0.5), 'append', 1) },
        ...theirs.map((peer) => ({
          name: peer.name,
          prepare: (round: number) => {
            const { responseId, tokens: later, first } = supply(round)
            return open.get(peer)!.stream({ responseId, texts, messages: [first.at(-1)!, ...later] })
          },
        })),
      ]
      const [leastA, leastB, a, b, ...others] = (
        await interleave(candidates, tokens > 1_000 ? (isQuick ? 2 : 3) : 7)
      ).map((time) => time / tokens)
      conversation.finish()
      const column = `${short(tokens)} tokens, ${short(messages)} messages`
      const figure = { section, column, unit: 'ns', details: { tokens, messages } }
      report.add({ ...figure, name: `Rejoin, ${frames[0]}`, value: a!, floor: leastA! })
      report.add({ ...figure, name: `Rejoin, ${frames[1]}`, value: b!, floor: leastB! })
      theirs.forEach((peer, i) => {
        const value = others[i]!
        dear.set(peer, value)
        report.add({ ...figure, name: 'as often as it likes', peer: peer.name, value, floor: leastB! })
        if (open.get(peer)!.text() !== texts.join(''))
          throw new Error(`unable to measure ${peer.name}; its text is wrong`)
      })
      for (const peer of peers)
        if (!theirs.includes(peer)) report.notes.push(`${peer.name} is left out at ${column}: too dear`)
      const cheapest = Math.min(...others)
      const { name } = theirs[others.indexOf(cheapest)]!
      for (const [i, [ours, least]] of [[a!, leastA!] as const, [b!, leastB!] as const].entries()) {
        const ratio = cheapest / ours
        const known = worst.get(frames[i]!)
        if (!known || ratio < known.ratio)
          worst.set(frames[i]!, { ratio, ours, cheapest, least, name, column })
      }
    }
    for (const each of open.values()) each.close?.()
    conversation.session.close()
  }
  for (const frame of frames) {
    const { ratio, ours, cheapest, least, name, column } = worst.get(frame)!
    report.aim({
      what: `one token, ${frame}, against the cheapest peer, in the worst cell (${column})`,
      ours: `${amount(ours)} ns`,
      peer: `${amount(cheapest)} ns (${name}): ${times(ratio)}`,
      // What the floor leaves to win.
      floor: `${amount(least)} ns: ${times(cheapest / least)}`,
      aim: '≥ 4 ×',
      reached: ratio >= 4,
    })
  }
}
