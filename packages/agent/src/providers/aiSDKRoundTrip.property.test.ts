import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunks, judged } from '../../test/aiSDKStreams.ts'
import { assembled } from '../../test/assembled.ts'
import { collect, streamed } from '../../test/providerRecordings.ts'
import type { ModelEvent } from '../response/modelEvent.ts'
import { fromAISDK } from './ai-sdk.ts'

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
