import fc from 'fast-check'
import { expect } from 'vitest'
import { createSession, history } from '../src/index.ts'
import { ChannelModel, ModelChannel } from './channelModel.ts'
import { honest } from './honesty.ts'
import { ModelAgent } from './modelAgent.ts'

const step = fc.record({
  text: fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme' }),
  refused: fc.boolean(),
  merged: fc.boolean(),
})

/** One response: who writes it and how. */
const script = fc.record({
  pattern: fc.constantFrom('token' as const, 'message' as const),
  stamped: fc.boolean(),
  /** Somebody replaces the text when it is complete. */
  redacted: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 15 }),
})

export const worlds = fc.record({
  scripts: fc.array(script, { minLength: 1, maxLength: 3 }),
  joinAfter: fc.nat(30),
  limit: fc.integer({ min: 1, max: 12 }),
  /** What happens next, again and again: an agent goes on, a page arrives, the connection goes or returns. */
  choices: fc.array(fc.nat(999), { minLength: 40, maxLength: 160 }),
})

export type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Lives through one world with a session, and holds it to the laws at every turn. */
export async function live(
  { scripts, joinAfter, limit, choices }: World,
  log: (what: string) => void = () => {},
): Promise<void> {
  const model = new ChannelModel()
  const agents = scripts.map((s, i) => ({
    agent: new ModelAgent(model, `r${i}`, s.pattern, s.stamped),
    steps: [...s.steps],
    redacted: s.redacted,
    begun: false,
    closed: false,
    ended: false,
  }))
  const advance = (n: number): boolean => {
    const open = agents.filter((a) => !a.ended)
    const one = open[n % (open.length || 1)]
    if (!one) return false
    if (!one.begun) one.agent.begin()
    else if (one.steps.length) {
      one.agent.write(one.steps.shift()!)
      if (n % 7 === 0) one.agent.repair()
    } else if (!one.closed) {
      one.agent.end()
      one.closed = true
      one.ended = !one.redacted
    } else {
      one.agent.redact('[…]')
      one.ended = true
    }
    one.begun = true
    return true
  }
  for (let i = 0; i < joinAfter; i++) advance(choices[i % choices.length]!)

  const channel = new ModelChannel(model)
  const session = createSession({
    channel: channel.asChannel(),
    hydrate: history({ limit, maxPages: 1_000 }),
    schedule: () => () => {},
  })
  session.ready.catch(() => {})
  const exact = new Map<string, string>()
  const check = () => {
    session.flush()
    agents.forEach(({ agent }, i) => {
      const response = session.getResponse(`r${i}`)
      if (!response) return
      const truths = [agent.truth, ...(agent.before === undefined ? [] : [agent.before])]
      expect(truths.some((truth) => honest(response, truth))).toBe(true)
      // What says that it is all there is.
      if (response.status === 'complete' && !response.hasGap) expect(truths).toContain(response.text)
      if (response.verified) expect(truths.some((truth) => truth.startsWith(response.text))).toBe(true)
      // Law 4: what was shown as exact is never taken away, unless it was redacted.
      if (agent.before !== undefined) return
      const shown = exact.get(response.id) ?? ''
      expect(response.text.startsWith(shown)).toBe(true)
      const sure = response.text.slice(0, response.gaps[0]?.from ?? response.text.length)
      if (sure.length > shown.length) exact.set(response.id, sure)
    })
  }
  let out = false
  const describe = () =>
    JSON.stringify(
      scripts.map((_, i) => session.getResponse(`r${i}`)).map((r) => r && [r.status, r.text, r.gaps]),
    )
  for (const choice of choices) {
    const kind = choice % 10
    if (kind < 6) advance(choice)
    else if (kind < 9) channel.pending.splice(choice % (channel.pending.length || 1), 1)[0]?.run()
    else if (channel.state !== 'initialized') {
      out = !out
      if (out) channel.outage()
      else channel.attached()
    }
    await turn()
    log(
      `${choice} ${channel.pending.length} ${channel.state} ${JSON.stringify(agents.map((a) => a.agent.truth))}`,
    )
    check()
    log(describe())
  }
  if (out) channel.attached()
  while (advance(0));
  log(model.log.map((m) => `${m.serial.slice(-3)} ${m.name} ${m.headers.responseId} ${m.data}`).join('; '))
  const settle = async () => {
    for (let quiet = 0; quiet < 5; quiet++) {
      if (channel.pending.length) quiet = 0
      channel.pending.shift()?.run()
      await turn()
    }
  }
  await settle()
  check()
  // What ended before the part of history that was read is for loadOlder() to bring.
  for (let i = 0; i < 1_000 && session.getSnapshot().hasOlder; i++) {
    const older = session.loadOlder()
    await settle()
    await older
    check()
    log(`older ${describe()} ${JSON.stringify(session.getSnapshot())} `)
  }
  agents.forEach(({ agent }, i) =>
    expect(session.getResponse(`r${i}`)).toMatchObject({
      text: agent.truth,
      hasGap: false,
      status: 'complete',
    }),
  )
  session.close()
}
