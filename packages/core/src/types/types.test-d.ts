import { expectTypeOf, test } from 'vitest'
import { createSession, documented } from '../index.ts'
import type { DataPart, Part, ResponseState, Session, ToolPart } from '../index.ts'

type Closed = {
  weather: { input: { city: string }; output: { celsius: number } }
  search: { input: { query: string }; output: string[] }
}
type Data = { chart: { points: number[] } }

declare const options: Parameters<typeof createSession>[0]

test('tools and data given once type every part', () => {
  const session = createSession<Closed, Data>(options)
  expectTypeOf(session).toEqualTypeOf<Session<Closed, Data>>()
  const response = session.getResponse('r')
  expectTypeOf(response).toEqualTypeOf<ResponseState<Closed, Data> | undefined>()
  for (const part of response!.parts) {
    if (part.type === 'tool-weather') {
      expectTypeOf(part.input).toEqualTypeOf<{ city: string } | undefined>()
      expectTypeOf(part.output).toEqualTypeOf<{ celsius: number } | undefined>()
    } else if (part.type === 'tool-search') expectTypeOf(part.output).toEqualTypeOf<string[] | undefined>()
    else if (part.type === 'data-chart') expectTypeOf(part.data).toEqualTypeOf<{ points: number[] }>()
    else if (part.type === 'text' || part.type === 'reasoning') expectTypeOf(part.text).toBeString()
    else
      expectTypeOf(part.type).toEqualTypeOf<
        'source-url' | 'source-document' | 'file' | 'reasoning-file' | 'custom' | 'dynamic-tool'
      >()
  }
})

test('without them, parts are discriminated all the same', () => {
  expectTypeOf<Extract<Part, { type: 'text' }>['text']>().toBeString()
  expectTypeOf<ToolPart['type']>().toEqualTypeOf<`tool-${string}`>()
  expectTypeOf<DataPart['type']>().toEqualTypeOf<`data-${string}`>()
})

test('a client or a channel, not both and not neither', () => {
  // @ts-expect-error: neither
  createSession({})
  // @ts-expect-error: a client without a name
  createSession({ client: options.client! })
})

test('a mistyped documented name, or header, is an error', () => {
  documented({
    names: { token: 'chunk', 'user-input': ['ask', 'prompt'] },
    headers: { responseId: 'response_id' },
  })
  // @ts-expect-error -- `tokens` is no documented name
  documented({ names: { tokens: 'chunk' } })
  // @ts-expect-error -- nor is `response_id` a documented header
  documented({ headers: { response_id: 'responseId' } })
})
