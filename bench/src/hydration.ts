import type { Hydrator, MessageRef, ResponseRow, Row } from '@rejoin/core'
import { createSession, seed } from '@rejoin/core'
import type { InboundMessage } from 'ably'
import { deliveriesOf, makeTokens, wholeMessage } from '../../packages/core/test/model/deliveries.ts'
import { DirectChannel } from '../../packages/core/test/model/directChannel.ts'
import { Frames } from './frames.ts'
import { interleave } from './interleave.ts'
import { short } from './reader.ts'
import { times } from './report.ts'
import type { Report } from './report.ts'

const answer = makeTokens(60).join('')

/** All that the channel has, whatever is open. */
const everything: Hydrator = {
  load: async (past) => {
    await past.readHistory({ limit: 1_000, maxPages: Infinity, enough: () => false })
  },
}

interface Outcome {
  /** How often a new list was published. */
  publishes: number
  requests: number
  messages: number
  length: number
}

/** What a view reads of a list that it does not show whole: the last screens. */
const SHOWN = 30

async function hydrate(
  hydrator: Hydrator,
  past: readonly InboundMessage[],
  shown = Infinity,
): Promise<Outcome> {
  const channel = new DirectChannel()
  channel.past = past
  const frames = new Frames()
  const session = createSession({
    channel: channel.asChannel(),
    hydrate: hydrator,
    presence: false,
    schedule: frames.schedule,
  })
  const lists = new Set<unknown>()
  session.subscribe(() => lists.add(session.getSnapshot().messages))
  await session.ready
  frames.next()
  const { messages } = session.getSnapshot()
  const read = ({ id, role }: MessageRef) =>
    (role === 'user' ? session.getPrompt(id) : session.getResponse(id))!
  const length = messages.slice(-shown).reduce((sum, ref) => sum + read(ref).text.length, 0)
  session.close()
  return { publishes: lists.size, requests: channel.requests, messages: messages.length, length }
}

/**
 * The least that any reader does: of each row or message it validates the fields that it relies on, drops what it has,
 * puts it in its place in the order, and makes one object for the list and one for the response.
 */
function leastWork(bytes: string): () => void {
  const items = JSON.parse(bytes) as (Partial<InboundMessage> & Partial<ResponseRow>)[]
  return () => {
    const shown = new Map<string, { id: string; at: string | number; text: string; status: string }>()
    for (const item of items) {
      const { headers } = (item.extras ?? {}) as { headers?: Record<string, string> }
      const id = headers?.responseId ?? item.id
      if (typeof id !== 'string') throw new TypeError('it has no id')
      const text = item.text ?? item.data
      if (text !== undefined && typeof text !== 'string') throw new TypeError('its text is no text')
      const at = item.serial ?? Number(item.createdAt)
      const known = shown.get(id)
      if (!known) shown.set(id, { id, at, text: text ?? '', status: headers?.status ?? 'complete' })
      else if (text && text !== known.text) known.text = text
    }
    const lines = [...shown.values()].sort((a, b) => (a.at < b.at ? -1 : 1))
    if (lines.map(({ id }) => ({ id, role: 'assistant' })).length !== shown.size)
      throw new Error('lines are lost')
  }
}

/** CPU of learning the past, beside what `JSON.parse` takes for the same bytes; requests and publishes. */
export async function measureHydration(report: Report, isQuick: boolean): Promise<void> {
  const section = 'Hydration: CPU per response, beside JSON.parse of the same bytes'
  for (const count of isQuick ? [1_000, 10_000] : [100, 1_000, 10_000]) {
    const column = `${short(count)} responses`
    const ids = Array.from({ length: count }, (_, i) => `past-${i}`)
    const rows: ResponseRow[] = ids.map((id, i) => ({
      id,
      role: 'assistant',
      text: answer,
      createdAt: i + 1,
    }))
    // Half of a conversation are prompts; here as long as answers, so that the bytes are the same.
    const turns: Row[] = ids.map((id, i) =>
      i % 2 === 0
        ? { id, role: 'user', text: answer, createdAt: i + 1, clientId: 'user' }
        : { id, role: 'assistant', text: answer, createdAt: i + 1, promptId: ids[i - 1]!, clientId: 'agent' },
    )
    const pages = ids.flatMap((id) => wholeMessage(id, answer)).reverse()
    const loads = (all: readonly Row[]) => seed({ load: () => Promise.resolve({ rows: all }) })
    const load = loads(rows)
    const sources: [string, string, Parameters<typeof hydrate>, aim?: number][] = [
      [`rows, the newest ${SHOWN} read`, JSON.stringify(rows), [load, [], SHOWN], 3],
      [
        `rows of prompts and answers, the newest ${SHOWN} read`,
        JSON.stringify(turns),
        [loads(turns), [], SHOWN],
      ],
      ['rows, all read', JSON.stringify(rows), [load, []]],
      [`history pages, the newest ${SHOWN} read`, JSON.stringify(pages), [everything, pages, SHOWN], 4],
      ['history pages, all read', JSON.stringify(pages), [everything, pages]],
    ]
    for (const [name, bytes, given, aim] of sources) {
      let outcome: Outcome | undefined
      const [ours, parsing, least] = await interleave(
        [
          {
            name,
            prepare: () => async () => {
              outcome = await hydrate(...given)
            },
          },
          { name: 'JSON.parse', prepare: () => () => void JSON.parse(bytes) },
          { name: 'least', prepare: () => leastWork(bytes) },
        ],
        count > 1_000 ? 3 : 7,
      )
      const { messages, length, publishes, requests } = outcome!
      if (messages !== count || length !== Math.min(count, given[2] ?? count) * answer.length)
        throw new Error(`unable to measure ${name}; ${messages} of ${count} responses came`)
      const figure = { section, column, details: { count } }
      report.add({ ...figure, name, unit: 'ns', value: ours! / count, floor: parsing! / count })
      if (aim !== undefined && count >= 10_000)
        report.atMost(
          aim,
          `hydrate ${column} from ${name}, against JSON.parse of the same bytes`,
          ours! / parsing!,
          times(least! / parsing!),
        )
      report.add({ ...figure, name: `${name}: requests`, unit: '', value: requests })
      report.add({ ...figure, name: `${name}: times published`, unit: '', value: publishes })
    }
  }
  await measureLateJoin(report)
}

/** Joining a response in its middle: 10,000 tokens that have been streamed already. */
async function measureLateJoin(report: Report): Promise<void> {
  for (const pattern of ['message-per-token', 'message-per-response'] as const) {
    const { first, tokens } = deliveriesOf(pattern, 'late', makeTokens(10_000))
    const past = [...first, ...tokens].reverse()
    let outcome: Outcome | undefined
    const [ours, parsing] = await interleave(
      [
        {
          name: 'join',
          prepare: () => async () => {
            outcome = await hydrate(everything, past)
          },
        },
        {
          name: 'JSON.parse',
          prepare: () =>
            (
              (text) => () =>
                void JSON.parse(text)
            )(JSON.stringify(past)),
        },
      ],
      5,
    )
    const figure = { section: 'Late join of a response of 10,000 tokens', column: pattern }
    report.add({
      ...figure,
      name: 'CPU per token',
      unit: 'ns',
      value: ours! / 10_000,
      floor: parsing! / 10_000,
    })
    report.add({ ...figure, name: 'times published', unit: '', value: outcome!.publishes })
    report.aim({
      what: `a late join of 10,000 tokens, ${pattern}: times published`,
      ours: String(outcome!.publishes),
      aim: '1',
      reached: outcome!.publishes === 1,
    })
  }
}
