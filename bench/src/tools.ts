import type { InboundMessage } from 'ably'
import { deliveriesOf } from '../../packages/core/test/model/deliveries.ts'
import { Conversation, patterns } from './reader.ts'
import { interleave } from './interleave.ts'
import type { Report } from './report.ts'

const SECTION = 'Tool arguments that stream in steps of 1 KB'
const STEP = 1_024

/** Arguments of about so many bytes, in steps. */
function argumentsOf(bytes: number): string[] {
  const steps = Array.from({ length: bytes / STEP }, (_, i) => `${i} `.padEnd(STEP, 'lorem ipsum '))
  return ['{"text":"', ...steps, '"}']
}

let calls = 0

/** The same deliveries as of a text, but of a tool's arguments. */
function callOf(pattern: (typeof patterns)[number], steps: readonly string[]) {
  const id = `call-${++calls}`
  const { first, tokens, last } = deliveriesOf(pattern, id, steps)
  const messages = [...first, ...tokens, ...last].map((message): InboundMessage => {
    const { headers } = message.extras as { headers: Record<string, string> }
    if (headers.part === undefined) return message
    return {
      ...message,
      name: 'tool_call',
      extras: { headers: { ...headers, toolCallId: id, toolName: 'write' } },
    }
  })
  return { id, messages }
}

/** Arguments of so many bytes, one step a frame, with a view that reads them in each. */
async function measureCall(report: Report, bytes: number, rounds: number): Promise<Map<string, number>> {
  const steps = argumentsOf(bytes)
  const whole = (JSON.parse(steps.join('')) as { text: string }).text.length
  const took = new Map<string, number>()
  for (const pattern of patterns) {
    const { channel, frames, session } = await Conversation.with(10)
    const [ours, least] = await interleave(
      [
        {
          name: 'reader',
          prepare: () => {
            const { id, messages } = callOf(pattern, steps)
            return () => {
              for (const message of messages) {
                channel.deliver(message)
                frames.next()
                session.getResponse(id)
              }
              const [part] = session.getResponse(id)!.parts
              const { input } = part as unknown as { input: { text: string } }
              if (input.text.length !== whole)
                throw new Error(`unable to measure ${id}; its arguments are wrong`)
            }
          },
        },
        {
          name: 'floor',
          prepare: () => {
            const { messages } = callOf(pattern, steps)
            return () => {
              let text = ''
              for (const { data } of messages) text += (data as string | undefined) ?? ''
              JSON.parse(text)
            }
          },
        },
      ],
      rounds,
    )
    session.close()
    report.add({
      section: SECTION,
      name: 'all of them',
      column: `${bytes / STEP ** 2} MB, ${pattern}`,
      unit: 'ns',
      value: ours!,
      floor: least!,
    })
    took.set(pattern, ours!)
    if (bytes < 2 * STEP ** 2) continue
    report.aim({
      what: `tool arguments of 2 MB in 1 KB steps, ${pattern}`,
      ours: `${(ours! / 1e6).toFixed(0)} ms`,
      floor: `${(least! / 1e6).toFixed(1)} ms`,
      aim: '≤ 1 s',
      reached: ours! <= 1e9,
    })
  }
  return took
}

export async function measureTools(report: Report, isQuick: boolean): Promise<void> {
  const rounds = isQuick ? 1 : 3
  const half = await measureCall(report, STEP ** 2, rounds)
  const all = await measureCall(report, 2 * STEP ** 2, rounds)
  for (const pattern of patterns)
    report.atMost(
      2.6,
      `tool arguments, ${pattern}: 2 MB against 1 MB`,
      all.get(pattern)! / half.get(pattern)!,
    )
}
