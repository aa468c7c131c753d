import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgent } from '@rejoin/agent'
import type { Agent } from '@rejoin/agent'
import { history, rewind } from '../../src/index.ts'
import type { BranchOptions, PromptState, Session } from '../../src/index.ts'
import { until, Wire } from './wire.ts'

/** More runs for a long night: `WIRE_RUNS=5000`. */
const numRuns = Number(process.env.WIRE_RUNS ?? 8)

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start({ connectionStateTtl: 2_000 })
})
afterAll(() => wire.close())

const words = fc.array(fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }), {
  minLength: 1,
  maxLength: 4,
})

/** What JSON can hold: -0 becomes 0. */
const json = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value)))

/** What an agent does with a prompt; `stop`: it waits until it is stopped. */
const plan = fc.record({
  does: fc.constantFrom(
    'answer',
    'answer',
    'answer',
    'retract',
    'retract all',
    'fail',
    'stop',
    'stop at once',
  ),
  words,
  wrong: words,
})

type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never

const parts = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('file' as const),
      mediaType: fc.constantFrom('image/png', 'application/pdf'),
      url: fc.webUrl(),
    }),
    fc.record({ type: fc.constant('data-note' as const), data: json }),
  ),
  { maxLength: 2 },
)

const step = fc.record({
  kind: fc.constantFrom('ask' as const, 'ask' as const, 'edit' as const, 'regenerate' as const),
  /** Which of the known prompts or answers. */
  of: fc.nat(),
  by: fc.nat(1),
  // A prompt of nothing but spaces is refused.
  text: fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => text.trim() !== ''),
  parts,
  note: json,
  plan,
  trouble: fc.constantFrom('none', 'none', 'refuse', 'duplicate', 'drop readers'),
})

const worlds = fc.record({
  pattern: fc.constantFrom('message-per-response' as const, 'message-per-token' as const),
  steps: fc.array(step, { minLength: 2, maxLength: 7 }),
})

type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never

const final: readonly PromptState['status'][] = ['answered', 'stopped', 'failed']
const pathOf = (session: Session) => session.getSnapshot().messages.map(({ id }) => id)
const entriesOf = (session: Session) => session.getSnapshot().entries.map(({ id }) => id)

/** One conversation of two people and an agent, and everything that was handed over in it. */
class Talk {
  readonly name = wire.channelName()
  readonly agent: Agent
  /** As `sendMessage` took it, by the prompt's id. */
  readonly sent = new Map<string, Pick<PromptState, 'text' | 'parts' | 'metadata'>>()
  /** As the agent got it. */
  readonly heard = new Map<string, unknown>()
  /** The conversation as the agent knew it, as ids. */
  readonly recalled = new Map<string, readonly string[]>()
  /** What the agent said and did not take back. */
  readonly said = new Map<string, string>()
  readonly people: Session[]
  selected: readonly string[] = []

  constructor(world: World) {
    this.agent = createAgent({
      client: wire.client({ clientId: 'agent' }),
      channelName: this.name,
      pattern: world.pattern,
      retry: { minDelay: 5, maxDelay: 50 },
      messagesPerSecond: Infinity,
    })
    this.agent.onPrompt(async (prompt, response) => {
      const { id, text, parts, metadata } = prompt
      this.heard.set(id, { text, parts, metadata })
      this.recalled.set(
        id,
        (await prompt.conversation()).messages.flatMap((one) => ('id' in one ? [one.id] : [])),
      )
      const { does, words, wrong } = (metadata as { plan: Plan }).plan
      if (does === 'fail') throw new Error('it does not know')
      if (does.startsWith('retract')) {
        for (const word of wrong) response.append(word)
        await response.flush()
        if (does === 'retract') response.resetStep()
        else response.retract()
      }
      for (const word of words) response.append(word)
      this.said.set(response.responseId, words.join(''))
      if (does.startsWith('stop')) {
        await response.flush()
        if (!response.signal.aborted)
          await new Promise((resolve) => response.signal.addEventListener('abort', resolve))
      }
    })
    this.people = ['ann', 'bob'].map((clientId) => {
      const onSelect: BranchOptions['onSelect'] = (selected) => {
        if (clientId === 'ann') this.selected = selected
      }
      return wire.session(this.name, { clientOptions: { clientId }, branches: { onSelect } })
    })
  }

  async ready(): Promise<void> {
    await Promise.all([this.agent.ready, ...this.people.map(({ ready }) => ready)])
  }

  async late(options: Parameters<Wire['session']>[1]): Promise<Session> {
    const session = wire.session(this.name, { clientOptions: { clientId: 'late' }, ...options })
    await session.ready
    while (session.getSnapshot().hasOlder) await session.loadOlder()
    return session
  }

  async play({ kind, of, by, text, parts, note, plan, trouble }: World['steps'][number]): Promise<void> {
    const { faults } = wire.server
    const ours = { channel: this.name, clientId: /ann|bob/ }
    if (trouble === 'refuse') faults.refuse({ times: 1, match: { channel: this.name, clientId: 'agent' } })
    if (trouble === 'duplicate') faults.duplicate({ times: 3, match: { ...ours, action: 'message' } })
    const session = this.people[by]!
    const message = { text, parts, metadata: { plan, note } }
    const known = (role: string) => {
      const list = session.getSnapshot().entries.filter((one) => one.role === role)
      return list[of % list.length]?.id
    }
    const [question, answer] = [known('user'), known('assistant')]
    let id: string
    let does = plan.does
    if (kind === 'regenerate' && answer !== undefined) {
      const { text, parts, metadata } = session.getPrompt(session.getResponse(answer)!.promptId!)!
      ;({ does } = (metadata as { plan: Plan }).plan)
      id = await session.regenerate(answer)
      this.sent.set(id, { text, parts, metadata })
    } else {
      id =
        kind === 'edit' && question !== undefined
          ? await session.editMessage(question, message)
          : await session.sendMessage(message)
      this.sent.set(id, { ...message, parts: parts.map((part, i) => ({ ...part, id: String(i) })) })
    }
    if (trouble === 'drop readers') faults.drop({ match: { clientId: /ann|bob/ } })
    const status = () => session.getPrompt(id)?.status
    if (does === 'stop') await until('the answer', () => status() === 'answering')
    if (does.startsWith('stop')) await session.stop(id)
    await until(`an end of ${does}`, () =>
      this.people.every((one) => final.includes(one.getPrompt(id)?.status ?? 'sent')),
    )
    faults.clear()
  }
}

async function holds(world: World): Promise<void> {
  const talk = new Talk(world)
  await talk.ready()
  for (const one of world.steps) await talk.play(one)
  const [ann] = talk.people as [Session]
  const late = await Promise.all([
    talk.late({ hydrate: history({ limit: 7, maxPages: 1_000 }) }),
    talk.late({ hydrate: rewind('2m') }),
    talk.late({ hydrate: rewind(3, { limit: 20, maxPages: 1_000 }) }),
  ])
  const everyone = [...talk.people, ...late]
  await wire.delivered()
  for (const session of everyone) session.flush()

  for (const session of everyone) {
    // The path is a function of the entries and the pins.
    expect(entriesOf(session).toSorted()).toEqual(entriesOf(ann).toSorted())
    const lines = new Set(entriesOf(session))
    for (const id of pathOf(session)) expect(lines).toContain(id)
    for (const [id, sent] of talk.sent) {
      const prompt = session.getPrompt(id)!
      // One end, the same for all.
      expect(final).toContain(prompt.status)
      expect([id, prompt.status, prompt.responseId]).toEqual([
        id,
        ann.getPrompt(id)!.status,
        ann.getPrompt(id)!.responseId,
      ])
      // What was handed over is what there is, and what the agent got.
      const { text, parts, metadata } = prompt
      expect({ text, parts, metadata }).toEqual(sent)
      if (talk.heard.has(id)) expect(talk.heard.get(id)).toEqual(sent)
    }
    // As of an agent that never wrote what it took back.
    for (const [id, text] of talk.said) {
      const response = session.getResponse(id)
      if (response?.status !== 'complete') continue
      expect(response.text).toBe(text)
      expect(response.hasGap).toBe(false)
      expect(response.parts.map((part) => ({ ...part, id: undefined }))).toEqual([
        { id: undefined, type: 'text', text, state: 'done' },
      ])
    }
  }
  for (const session of late) expect(pathOf(session)).toEqual(pathOf(late[0]))
  const pinned = await talk.late({ branches: { selected: talk.selected } })
  expect(pathOf(pinned)).toEqual(pathOf(ann))

  // The agent remembered what a reader sees who comes late and looks at that prompt.
  for (const [id, ids] of talk.recalled) {
    const prompt = pinned.getPrompt(id)!
    pinned.selectBranch(id)
    const path = pathOf(pinned)
    const question = prompt.regenerate === undefined ? id : path[path.indexOf(prompt.responseId!) - 1]
    // A model is not told of an answer that failed before its first word.
    const failed = (one: string) => {
      const { status, parts = [] } = pinned.getResponse(one) ?? {}
      return status === 'error' && parts.length === 0
    }
    const seen = path.slice(0, path.indexOf(question!) + 1).filter((one) => !failed(one))
    expect([id, ids]).toEqual([id, seen])
  }
  await talk.agent.close()
}

test(
  'laws 12 to 14 on real sockets: path, round trip, one fate, memory, and what was taken back',
  () =>
    fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        await holds(world)
        wire.release()
      }),
      // Every failing run waits for its time-out: a smaller world would come after an hour.
      { numRuns, endOnFailure: true },
    ),
  3_600_000,
)
