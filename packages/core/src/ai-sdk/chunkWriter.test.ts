import type { UIMessage, UIMessageChunk } from 'ai'
import { readUIMessageStream } from 'ai'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Gap, Part, ResponseState } from '../types/types.ts'
import { ChunkWriter } from './chunkWriter.ts'
import { toUIMessage } from './uiMessage.ts'

function state(parts: Part[], gaps: Gap[] = []): ResponseState {
  const text = parts.map((part) => (part.type === 'text' ? (part as { text: string }).text : '')).join('')
  return {
    id: 'r',
    status: 'streaming',
    text,
    parts,
    gaps,
    hasGap: gaps.length > 0,
    verified: false,
    updatedAt: 0,
    createdAt: 0,
  }
}

const textPart = (id: string, text: string, done = false): Part => ({
  type: 'text',
  id,
  text,
  state: done ? 'done' : 'streaming',
})

/** What the AI SDK makes of chunks: every state of the message. */
async function read(chunks: UIMessageChunk[], message?: UIMessage): Promise<UIMessage[]> {
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  const states: UIMessage[] = []
  const onError = (error: unknown): void => expect(error).toBeUndefined()
  for await (const one of readUIMessageStream({ stream, onError, ...(message && { message }) }))
    states.push(one)
  return states
}

const simple = (message: UIMessage | undefined) =>
  message?.parts.map((part) => JSON.parse(JSON.stringify({ ...part, id: undefined, rawInput: undefined })))

describe('chunk writer', () => {
  test('a call whose arguments broke off is no call that waits to be run', async () => {
    const call = { type: 'tool-find', id: 'c', toolCallId: 'c', state: 'input-streaming' } as const
    const streaming: Part = { ...call, input: { for: 'a' }, inputText: '{"for":"a' }
    const broken: Part = { ...call, input: undefined, inputText: '{"for":"a', inputError: 'invalid' }
    for (const parts of [[broken], [streaming, broken], [streaming, broken, broken]]) {
      const writer = new ChunkWriter()
      const chunks = writer.start('r', false)
      for (const [i, part] of parts.entries())
        chunks.push(...writer.say(state([part]), i === 0 ? undefined : [{}])!)
      expect(chunks.map(({ type }) => type)).not.toContain('tool-input-available')
      expect(chunks.filter(({ type }) => type === 'tool-input-error')).toHaveLength(1)
      const [message] = (await read(chunks)).slice(-1)
      expect(message?.parts.at(-1)).toMatchObject({ type: 'tool-find', state: 'output-error' })
    }
  })

  test('a part pauses at its gap, others go on, and it goes on in place when it heals', async () => {
    const writer = new ChunkWriter()
    const gap = { part: 'a', from: 3, to: 3, missing: 3 }
    const chunks = writer.start('r', false)
    const say = (...args: Parameters<ChunkWriter['say']>) => chunks.push(...writer.say(...args)!)
    say(state([textPart('a', 'one')]), undefined)
    say(state([textPart('a', 'onethree', true)], [gap]), [{ part: 'a', from: 3, appended: 'three' }])
    say(state([textPart('a', 'onethree', true), textPart('b', 'Next')], [gap]), [{}])
    const [before] = (await read(chunks)).slice(-1)
    expect(simple(before)).toMatchObject([
      { type: 'step-start' },
      { text: 'one', state: 'streaming' },
      { text: 'Next' },
    ])
    say(state([textPart('a', 'onetwothree', true), textPart('b', 'Next')]), [{ part: 'a', replaced: true }])
    const [after] = (await read(chunks)).slice(-1)
    expect(simple(after)).toMatchObject([{}, { text: 'onetwothree', state: 'done' }, { text: 'Next' }])
    expect(chunks.some((chunk) => chunk.type === 'reset-step')).toBe(false)
  })

  test('goes on with a message after a tool: what changed meanwhile is said again, what did not is not', async () => {
    const writer = new ChunkWriter()
    const call = (output?: unknown) =>
      ({
        type: 'tool-x',
        id: 'c',
        toolCallId: 'c',
        state: output ? 'output-available' : 'input-available',
        input: 1,
        ...(output !== undefined && { output }),
      }) as Part
    const first = [
      ...writer.start('r', false),
      ...writer.say(state([textPart('a', 'Hello', true), call()]), undefined)!,
    ]
    first.push(...writer.end())
    const message = (await read(first)).at(-1)!
    const second = writer.start('r', true)
    second.push(...writer.say(state([textPart('a', 'Hello you', true), call('ok')]), undefined)!)
    second.push(
      ...writer.say(state([textPart('a', 'Hello you', true), call('ok'), textPart('b', 'End')]), undefined)!,
    )
    second.push(...writer.end())
    expect(second.filter((chunk) => chunk.type === 'reset-step')).toHaveLength(1)
    expect(simple((await read(second, message)).at(-1))).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'Hello you' },
      { type: 'tool-x', state: 'output-available', input: 1, output: 'ok' },
      { type: 'step-start' },
      { type: 'text', text: 'End' },
    ])
  })

  test('what cannot be taken back is not pretended: an older step that changed', () => {
    const writer = new ChunkWriter()
    const call = {
      type: 'tool-x',
      id: 'c',
      toolCallId: 'c',
      state: 'output-available',
      input: 1,
      output: 2,
    } as Part
    writer.start('r', false)
    const chunks = writer.say(state([textPart('a', 'secret', true), call, textPart('b', 'End')]), undefined)
    // A client that runs tools must not run one again whose outcome is known.
    expect(chunks?.some((chunk) => chunk.type === 'tool-input-available')).toBe(false)
    expect(
      writer.say(state([textPart('a', '******', true), call, textPart('b', 'End')]), undefined),
    ).toBeUndefined()
  })

  test('sources that come into an older step, change there or leave it: no error, and no text twice', async () => {
    const writer = new ChunkWriter()
    const call = {
      type: 'tool-x',
      id: 'c',
      toolCallId: 'c',
      state: 'output-available',
      input: 1,
      output: 2,
    } as Part
    const cited = (id: string, count: number) =>
      ({ type: 'source-url', id, sourceId: id, url: `https://${id}`, count }) as Part
    const chunks = writer.start('r', false)
    for (const parts of [
      [textPart('a', 'One', true), call, textPart('b', 'Tw')],
      [textPart('a', 'One', true), cited('s', 1), call, textPart('b', 'Two')],
      [textPart('a', 'One', true), cited('s', 2), cited('t', 1), call, textPart('b', 'Two and')],
      [textPart('a', 'One', true), cited('t', 1), call, textPart('b', 'Two and more')],
    ])
      chunks.push(...writer.say(state(parts), undefined)!)
    const shown = (await read(chunks)).at(-1)!
    const texts = shown.parts.flatMap((part) => (part.type === 'text' ? part.text : []))
    expect(texts).toEqual(['One', 'Two and more'])
    const sources = shown.parts.flatMap((part) => (part.type === 'source-url' ? part.sourceId : []))
    expect(sources).toEqual(['t'])
  })

  test('whatever states follow each other, the chat ends with the last', async () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd')
    const part = fc.oneof(
      fc.record({
        type: fc.constant('text'),
        id,
        text: fc.string(),
        state: fc.constantFrom('streaming', 'done'),
      }),
      fc.record({
        type: fc.constant('reasoning'),
        id,
        text: fc.string(),
        state: fc.constantFrom('streaming', 'done'),
      }),
      fc.record({ type: fc.constant('data-x'), id, data: fc.nat() }),
      fc.record({ type: fc.constant('source-url'), id, sourceId: id, url: fc.webUrl() }),
    ) as fc.Arbitrary<Part>
    const parts = fc.uniqueArray(part, { selector: (p) => p.id, minLength: 1, maxLength: 4 })
    // A part that was closed stays so in the chat, whatever becomes of its state.
    const settled = (message: UIMessage | undefined) =>
      simple(message)?.map((p) => Object.assign(p, { state: undefined }))
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { minLength: 1, maxLength: 6 }), async (states) => {
        const writer = new ChunkWriter()
        const chunks = writer.start('r', false)
        const last = state(states.at(-1)!)
        for (const parts of states) chunks.push(...writer.say(state(parts), undefined)!)
        expect(settled((await read(chunks)).at(-1))).toEqual(settled(toUIMessage(last)))
      }),
      { numRuns: 300 },
    )
  })
})
