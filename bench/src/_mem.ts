import { deliveriesOf, makeTokens } from '../../packages/core/test/model/deliveries.ts'
import { Conversation } from './reader.ts'
const retained = () => {
  globalThis.gc!()
  globalThis.gc!()
  const m = process.memoryUsage()
  return m.heapUsed + m.external
}
for (const pattern of ['message-per-response', 'message-per-token'] as const) {
  const c = await Conversation.with(10)
  const run = (id: string, view: 'append' | 'ignore') => {
    const d = deliveriesOf(pattern, id, makeTokens(20_000))
    c.stream(d, view, 64)()
    c.forget()
    return d.text.length
  }
  run('warm', 'append')
  for (const view of ['ignore', 'append'] as const) {
    const before = retained()
    const len = run('x' + view, view)
    const after = retained()
    console.log(
      pattern,
      view,
      ((after - before) / 20_000).toFixed(0),
      'bytes a token',
      (len / 20_000).toFixed(1),
    )
  }
}
