import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assembled } from '../../test/assembled.ts'
import { collect, streamed } from '../../test/providerRecordings.ts'
import type { ModelEvent } from '../response/modelEvent.ts'
import { fromAISDK } from './ai-sdk.ts'

type Chunk = UIMessageChunk

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 })
const pieces = fc.array(words, { maxLength: 4 })
const value = fc.jsonValue({ maxDepth: 2 })

/** A part of an answer, as the chunks that tell it. */
const part = fc.oneof(
  fc.tuple(fc.constantFrom('text', 'reasoning'), pieces).map(
    ([kind, said]) =>
      (id: string) =>
        [
          { type: `${kind}-start`, id },
          ...said.map((delta) => ({ type: `${kind}-delta`, id, delta })),
          { type: `${kind}-end`, id },
        ] as Chunk[],
  ),
  fc.record({ input: value, output: fc.option(value), streams: fc.boolean() }).map((call) => (id: string) => {
    const about = { toolCallId: `call-${id}`, toolName: 'weather' }
    const json = JSON.stringify(call.input)
    return [
      ...(call.streams
        ? [
            { type: 'tool-input-start', ...about },
            { type: 'tool-input-delta', toolCallId: about.toolCallId, inputTextDelta: json },
          ]
        : []),
      { type: 'tool-input-available', ...about, input: call.input },
      { type: 'tool-output-available', toolCallId: about.toolCallId, output: call.output },
    ] as Chunk[]
  }),
)

/** Parts that grow at once, each in its own order. */
const chunks = fc
  .tuple(fc.array(part, { maxLength: 5 }), fc.array(fc.nat(4), { minLength: 1 }))
  .map(([parts, turns]) => {
    const left = parts.map((tell, nth) => tell(`${nth}`))
    const all: Chunk[] = [{ type: 'start' }, { type: 'start-step' }]
    for (let turn = 0; left.some((list) => list.length > 0); turn++) {
      const open = left.filter((list) => list.length > 0)
      all.push(open[turns[turn % turns.length]! % open.length]!.shift()!)
    }
    return [...all, { type: 'finish-step' }, { type: 'finish', finishReason: 'stop' }] as Chunk[]
  })

async function judged(list: Chunk[]): Promise<UIMessage['parts']> {
  const stream = new ReadableStream<Chunk>({
    start(controller) {
      for (const chunk of list) controller.enqueue(chunk)
      controller.close()
    },
  })
  let parts: UIMessage['parts'] = []
  for await (const message of readUIMessageStream({ stream })) parts = structuredClone(message.parts)
  return parts
}

/** The texts of a kind, by id. */
function textsOf(kind: 'text' | 'reasoning', events: readonly ModelEvent[]): Map<string, string> {
  const texts = new Map<string, string>()
  for (const event of events) {
    if (event.type === `${kind}-start` && 'id' in event) texts.set(event.id!, '')
    if ('delta' in event && event.type === `${kind}-delta`) {
      texts.set(event.id, texts.get(event.id)! + event.delta)
    }
  }
  return texts
}

test('what the events tell is what the AI SDK assembles, and a cut stream is not complete', async () => {
  await fc.assert(
    fc.asyncProperty(chunks, fc.nat(), async (list, cut) => {
      const events = await collect(fromAISDK(streamed(list)))
      const { calls, status } = assembled(events)
      expect(status).toBe('complete')
      const parts = await judged(list)
      const tools = parts.flatMap((one) => ('toolCallId' in one ? [one] : []))
      expect(calls.map(({ id, input, output }) => [id, input, output ?? null])).toEqual(
        tools.map(({ toolCallId, input, output }) => [toolCallId, input, output ?? null]),
      )
      for (const kind of ['text', 'reasoning'] as const) {
        const said = parts.flatMap((one) => (one.type === kind ? [one.text] : []))
        expect([...textsOf(kind, events).values()]).toEqual(said)
      }
      const short = list.slice(0, cut % list.length)
      expect(assembled(await collect(fromAISDK(streamed(short)))).status).toBe('error')
    }),
  )
})
