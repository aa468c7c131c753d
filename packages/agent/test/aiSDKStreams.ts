import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import fc from 'fast-check'

export type Chunk = UIMessageChunk

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
export const chunks = fc
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

/** What the AI SDK assembles. */
export async function judged(list: Chunk[]): Promise<UIMessage['parts']> {
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
