import { createOpenAI } from '@ai-sdk/openai'
import { jsonSchema, Output, streamObject, streamText } from 'ai'

export interface Recipe {
  title: string
  steps: string[]
}

const schema = jsonSchema<Recipe>({
  type: 'object',
  properties: { title: { type: 'string' }, steps: { type: 'array', items: { type: 'string' } } },
  required: ['title', 'steps'],
  additionalProperties: false,
})

/** A model of the AI SDK that writes a text piece by piece, each when it is told to. */
export function pacedModel(pieces: AsyncIterable<string>) {
  const provider = createOpenAI({
    apiKey: 'none',
    fetch: async () =>
      new Response(streamOf(serverSent(pieces)), { headers: { 'content-type': 'text/event-stream' } }),
  })
  return provider.chat('any')
}

function streamOf(chunks: AsyncGenerator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

async function* serverSent(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder()
  const sent = (delta: object, reason: string | null = null) =>
    encoder.encode(
      `data: ${JSON.stringify({
        id: 'c',
        object: 'chat.completion.chunk',
        created: 0,
        model: 'any',
        choices: [{ index: 0, delta, finish_reason: reason }],
      })}\n\n`,
    )
  for await (const content of pieces) yield sent({ content })
  yield sent({}, 'stop')
  yield encoder.encode('data: [DONE]\n\n')
}

/** The ways in which the AI SDK streams an object. */
export const objectStreams = {
  'streamText with Output.object': (pieces: AsyncIterable<string>) =>
    streamText({ model: pacedModel(pieces), prompt: 'A recipe', output: Output.object({ schema }) })
      .fullStream,
  streamObject: (pieces: AsyncIterable<string>) =>
    streamObject({ model: pacedModel(pieces), prompt: 'A recipe', schema }).fullStream,
}
