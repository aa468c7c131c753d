import { deliveriesOf, makeTokens } from '../../packages/core/test/model/deliveries.ts'
import type { Deliveries } from '../../packages/core/test/model/deliveries.ts'
import { Conversation, patterns } from './reader.ts'
import { readWhole, screen } from './view.ts'
import { amount } from './report.ts'
import type { Report } from './report.ts'

/** Bytes that stay, once nothing else is held. */
export function retained(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes per token, of a response that streams and of one that is over, beside the text itself. */
export async function measureMemory(report: Report): Promise<void> {
  if (!globalThis.gc) throw new Error('unable to measure memory; run node with --expose-gc')
  const tokens = 50_000
  const section = `Memory retained per token, of a response of ${tokens.toLocaleString('en')} tokens`
  for (const pattern of patterns) {
    const conversation = await Conversation.with(10)
    // The second of a kind shows what a response costs; the first also pays for compiled code.
    stream(conversation, tokens, pattern, true)
    const before = retained()
    const { length, last } = stream(conversation, tokens, pattern, false)
    const streaming = retained() - before
    for (const message of last) conversation.channel.deliver(message)
    conversation.frames.next()
    const { messages } = conversation.session.getSnapshot()
    readWhole(conversation.session.getResponse(messages.at(-1)!.id)!.text)
    const finished = retained() - before
    const figure = { section, column: pattern, unit: 'bytes', floor: length / tokens }
    report.add({ ...figure, name: 'streaming', value: streaming / tokens })
    report.add({ ...figure, name: 'finished', value: finished / tokens })
    report.aim({
      what: `a streaming response, ${pattern}: bytes a token`,
      ours: (streaming / tokens).toFixed(0),
      floor: concatenated(tokens).toFixed(0),
      aim: '≤ 60',
      reached: streaming / tokens <= 60,
    })
    report.atMost(2, `memory of a finished response, ${pattern}, against its text`, finished / length)
    conversation.session.close()
  }
  await measureDay(report)
}

/** Bytes a token that the engine keeps of a text that was built by appending tokens and then read. */
function concatenated(tokens: number): number {
  const before = retained()
  const text = concatenate(tokens)
  readWhole(text)
  const bytes = retained() - before
  readWhole(text)
  return bytes / tokens
}

function concatenate(tokens: number): string {
  let text = ''
  for (const token of JSON.parse(JSON.stringify(makeTokens(tokens))) as string[]) text += token
  return text
}

/** In its own function, so that what it delivered is garbage when it returns. Returns the text's length, and its end. */
function stream(
  conversation: Conversation,
  tokens: number,
  pattern: (typeof patterns)[number],
  end: boolean,
): { length: number; last: Deliveries['last'] } {
  const deliveries = deliveriesOf(pattern, `memory-${pattern}-${end}`, makeTokens(tokens))
  conversation.stream(deliveries, 'append', 64)()
  conversation.forget()
  if (end) for (const message of deliveries.last) conversation.channel.deliver(message)
  conversation.frames.next()
  return { length: deliveries.text.length, last: deliveries.last }
}

/** A day of streaming on a simulated clock: 50 tokens a second, in responses of 1,000. */
async function measureDay(report: Report): Promise<void> {
  const responses = (24 * 3_600 * 50) / 1_000
  const conversation = await Conversation.with(0)
  const texts = makeTokens(1_000)
  const length = texts.join('').length
  const after = (count: number, from: number) => {
    for (let i = 0; i < count; i++) {
      conversation.stream(deliveriesOf('message-per-token', `day-${from + i}`, texts), 'append', 1)()
      conversation.finish()
    }
    return retained()
  }
  const quarter = responses / 4
  const start = after(quarter, 0)
  const end = after(responses - quarter, quarter)
  const perResponse = (end - start) / (responses - quarter)
  const figure = {
    section: 'Memory after a day of streaming, 50 tokens a second',
    column: `${responses} responses`,
  }
  report.add({
    ...figure,
    name: 'growth per response of 1,000 tokens',
    unit: 'bytes',
    value: perResponse,
    floor: length,
  })
  report.aim({
    what: 'a day of streaming: growth a response of 1,000 tokens, in bytes',
    ours: amount(perResponse),
    floor: amount(length),
    aim: `≤ ${amount(2 * length + 2_000)}`,
    reached: perResponse < 2 * length + 2_000,
  })
  conversation.session.close()
  void screen
}
