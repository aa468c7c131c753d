import type { InboundMessage } from 'ably'
import { describe, expect, test } from 'vitest'
import { PastResponse } from './pastResponse.ts'

let place = 0
function message(
  name: string,
  data: unknown,
  headers: Record<string, string>,
  metadata?: Record<string, string>,
): InboundMessage {
  const serial = String(place++).padStart(4, '0')
  const version = { serial, ...(metadata && { metadata }) }
  return { name, data, serial, version, extras: { headers } } as unknown as InboundMessage
}

const token = (data: string, end: number, more = {}, name = 'token') =>
  message(name, data, { part: '0', end: String(end), ...more })

function past(...messages: InboundMessage[]): PastResponse {
  const response = new PastResponse('r')
  for (const one of messages) response.add(one)
  return response
}

describe('what a former process has left', () => {
  test('is, of tokens, what is certain: nothing after a gap, nothing twice', () => {
    expect(past(token('Hel', 3), token('lo', 5), token('you', 9)).text).toBe('Hello')
    expect(past(token('Hel', 3), token('lo', 5), token('lo', 5), token('!', 6)).text).toBe('Hello!')
    expect(past(token('Hel', 3), token('ello', 5)).text).toBe('Hello')
    expect(past(token('you', 9), token('Hello you', 9, {}, 'response-complete'), token('!', 10)).text).toBe(
      'Hello you!',
    )
  })

  test('joins the runs of a part', () => {
    const { parts, text } = past(token('Hello', 5), token(' you', 4, { part: '0.1' }))
    expect(parts).toHaveLength(1)
    expect(text).toBe('Hello you')
  })

  test('joins the messages of a tool call, whose arguments count when they are whole', () => {
    const piece = (data: string, phase: string) =>
      message('tool_call', data, { part: '0', toolCallId: 'c', toolName: 'write' }, { phase })
    const first = piece('{"a":', 'streaming')
    expect(past(first, piece('[1,', 'streaming')).parts).toMatchObject([{ name: 'write', toolCallId: 'c' }])
    expect(past(first, piece('[1,', 'streaming')).parts[0]!.input).toBeUndefined()
    expect(past(first, piece('[1]}', 'done')).parts[0]!.input).toEqual({ a: [1] })
  })
})
