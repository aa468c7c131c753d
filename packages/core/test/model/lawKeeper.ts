import { expect } from 'vitest'
import type { ResponseState, Session } from '../../src/index.ts'
import { honest } from './honesty.ts'
import type { ModelAgent } from './modelAgent.ts'
import type { ModelDatabase } from './modelDatabase.ts'
import type { ModelPrompt } from './modelPrompt.ts'

/** Reports what breaks a law. Checks run at every turn, where `expect` would cost more than the session. */
function hold(law: string, holds: boolean, facts: () => unknown): void {
  if (!holds) throw new Error(`broken law: ${law}: ${JSON.stringify(facts())}`)
}

/** Holds a session to the laws, at every turn of a world. */
export class LawKeeper {
  private readonly session: Session
  /** The session watches who is there. */
  private readonly presence: boolean
  private readonly agents: readonly ModelAgent[]
  private readonly prompts: readonly ModelPrompt[]
  private readonly database: ModelDatabase
  /** Notifications since the last look, by response: how many, and how many of them while the past was being read. */
  private told = new Map<string, { times: number; early: number }>()
  /** Since the last look: each may have ended a reading. */
  private errors = 0
  private readonly exact = new Map<string, string>()
  /** Responses that live messages came for while the past was being read. */
  private readonly alive = new Set<string>()
  private reading = true
  /** Responses that were interrupted when they last notified. */
  private readonly away = new Set<string>()

  constructor(
    session: Session,
    agents: readonly ModelAgent[],
    prompts: readonly ModelPrompt[],
    database: ModelDatabase,
    presence: boolean,
    subscribes: boolean,
  ) {
    this.session = session
    this.prompts = prompts
    this.presence = presence
    session.on('error', () => this.errors++)
    this.agents = agents
    this.database = database
    for (const { id } of subscribes ? agents : [])
      session.subscribeResponse(id, () => {
        const { times, early } = this.told.get(id) ?? { times: 0, early: 0 }
        const reading = session.getSnapshot().hydration === 'running'
        this.told.set(id, { times: times + 1, early: early + Number(reading) })
      })
  }

  /** Laws 2 and 4 for what is shown now. */
  check(): void {
    this.session.flush()
    for (const agent of this.agents) {
      const response = this.session.getResponse(agent.id)
      if (response) this.checkResponse(agent, response)
    }
  }

  /** Law 6: only responses that received something notify. Law 7: the past is held back until it has been read. */
  checkNotified(touched: ReadonlySet<string>, quiet: boolean): void {
    const reading = this.session.getSnapshot().hydration === 'running'
    for (const id of touched) this.alive.add(id)
    for (const [id, { times, early }] of this.told) {
      // Who comes and goes is news, whatever is being read.
      const wasAway = this.away.delete(id)
      const isAway = this.session.getResponse(id)?.status === 'interrupted'
      if (isAway) this.away.add(id)
      if (wasAway || isAway) continue
      if (quiet && !touched.has('*'))
        hold('6, only responses that something came for are told', touched.has(id), () => [id, ...touched])
      if (!this.reading || this.alive.has(id)) continue

      hold('7, the past is held back until it is known', early === 0, () => [id, early])
      // The presence set arrives a moment later.
      const most = 1 + this.errors + Number(this.presence)
      hold('7, the past is published once', times <= most, () => [id, times, most])
    }
    this.errors = 0
    if (!reading) this.alive.clear()
    this.reading = reading
    this.told = new Map()
  }

  /** Law 3: a message applied twice changes nothing and notifies nobody. */
  checkSilent(again: () => void): void {
    const before = this.agents.map(({ id }) => this.session.getResponse(id))
    again()
    this.session.flush()
    expect([...this.told.keys()]).toEqual([])
    expect(this.agents.map(({ id }) => this.session.getResponse(id))).toEqual(before)
  }

  /**
   * Nothing is on its way: an answer that goes on in view is in the list. Where the past counts as whole, it is whole, too,
   * but for what its agent owes.
   */
  checkOpen(hasHeard: (agent: ModelAgent) => boolean, isAway: (agent: ModelAgent) => boolean): void {
    const { hydration, entries, status } = this.session.getSnapshot()
    const opened = status === 'live'
    for (const agent of this.agents) {
      if (agent.ended || !hasHeard(agent) || this.database.given.has(agent.id)) continue
      const response = this.session.getResponse(agent.id)
      if (!response) continue
      hold(
        'an answer in view is in the list',
        entries.some(({ id }) => id === agent.id),
        () => response,
      )
      if (this.presence && agent.script.manner === 'ours' && opened && response.clientId !== undefined)
        hold(
          'interrupted while its agent is away',
          (response.status === 'interrupted') === isAway(agent),
          () => response,
        )
      if (hydration !== 'whole' || agent.owes || !['ours', 'plain'].includes(agent.script.manner)) continue
      hold('what counts as whole is whole', !response.hasGap, () => response)
    }
  }

  private checkResponse(agent: ModelAgent, response: ResponseState): void {
    const { script, id } = agent
    const rows = this.database.given.get(id) ?? []
    const strict = script.manner === 'ours' || script.manner === 'older'
    let joined = ''
    for (const part of response.parts) {
      if (part.type === 'text') joined += part.text
      const gaps = response.gaps.filter((gap) => gap.part === part.id)
      const source = agent.texts.find((t) => t.serial !== undefined && agent.partId(t) === part.id)
      if (part.type === 'text' || part.type === 'reasoning') {
        // A row that names no parts shows the text of all of them as one, until the channel says which they are.
        if (script.manner === 'wrong' || rows.some((row) => !row.complete || !this.database.namesParts))
          continue
        const known = source?.style.kind === part.type ? source.truths : []
        const kept = rows.map((row) => row.text)
        // Stamps count what the agent wrote, not what an edited token became.
        const sized = source?.tokenEdited ? gaps.map((gap) => ({ ...gap, missing: undefined })) : gaps
        const isHonest =
          known.some((truth) => honest({ text: part.text, gaps: sized }, truth)) || kept.includes(part.text)
        hold('2, no silent lie', isHonest, () => ({ part, gaps, known, kept }))
        // What a text has besides a message or token that was edited, only history tells.
        const unclear = source?.tokenEdited || (source?.changed && source.length > 1)
        // Nor where it stands in the text of a row that names no parts.
        if (unclear && rows.length && !this.database.namesParts) continue
        if (response.status === 'complete' && strict && gaps.length === 0 && !unclear)
          hold('2, complete is whole', [...known, ...kept].includes(part.text), () => ({ part, known, kept }))
        // Law 4: text shown as exact is never taken away, except by an edit, a retraction or a successor that knows less.
        if (!source || source.changed || source.retracted) continue
        const key = `${id}/${part.id}`
        const shown = this.exact.get(key) ?? ''
        hold('4, no regress', part.text.startsWith(shown), () => ({ part, shown }))
        const sure = part.text.slice(0, gaps[0]?.from ?? part.text.length)
        if (sure.length > shown.length) this.exact.set(key, sure)
      } else if (part.type === 'tool-look' && source) {
        // Arguments with a gap are no arguments.
        if (gaps.length) hold('arguments with a gap are none', part.input === undefined, () => part)
        const said = (part.input as { q?: string } | undefined)?.q ?? ''
        const meant = source.whole ? (JSON.parse(source.text) as { q: string }).q : undefined
        if (meant !== undefined) hold('2, arguments', meant.startsWith(said), () => ({ part, meant }))
      }
    }
    hold('a response is its parts', response.text === joined, () => ({ response, joined }))
    hold('10, verified is complete', !response.verified || response.status === 'complete', () => response)
    const isPrefix = () => agent.truths.some((text) => text.startsWith(response.text))
    if (response.verified && !agent.edited && script.manner !== 'wrong')
      hold('2, verified is as said', isPrefix(), () => ({ response, text: agent.text }))
    // All of it, with no word of a gap, is an exact beginning: no part is left out. (Of an agent that numbers its parts
    // to the end; elsewhere nothing says that more came before.)
    if (!response.hasGap && script.manner === 'ours' && !agent.edited)
      hold('2, no part is left out', isPrefix(), () => ({ response, text: agent.text }))
  }

  /** Laws 1 and 5, once everything has arrived. */
  checkEnd(): void {
    for (const agent of this.agents) this.checkWhole(agent)
    const shown = this.session.getSnapshot().entries.map((m) => m.id)
    // A database does not store `start`: a session that read no further places a response by its first known message.
    const serialOf = (a: ModelAgent) => {
      const { serial } = this.session.getResponse(a.id) ?? {}
      if (!this.database.asked && !a.withdrawn) expect(serial).toBe(a.serial)
      return serial ?? a.serial
    }
    // Nor does it keep where a prompt was published first.
    const promptSerialOf = (prompt: ModelPrompt) => {
      const { serial } = this.session.getPrompt(prompt.id) ?? {}
      return this.database.asked ? (serial ?? prompt.serial) : prompt.serial
    }
    const answers = this.agents.filter(({ id }) => shown.includes(id))
    // A prompt stands before its first answer.
    const placeOf = (prompt: ModelPrompt) =>
      [promptSerialOf(prompt), ...answers.filter((a) => a.prompt === prompt).map(serialOf)].sort()[0]
    const order = [
      ...this.prompts.map((prompt) => [`${placeOf(prompt)} 0`, prompt.id] as const),
      ...answers.map((agent) => [`${serialOf(agent)} 1`, agent.id] as const),
    ]
      .filter(([, id]) => shown.includes(id))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, id]) => id)
    expect(shown).toEqual(order)
  }

  /** Its agent has died in the middle of it. */
  private checkLeft(
    { script, owes, edited, text }: ModelAgent,
    response: ResponseState | undefined,
    row: boolean,
  ): void {
    const ours = script.manner === 'ours'
    if (owes || edited || row || script.manner === 'wrong') return expect(response).toBeDefined()
    expect(response).toMatchObject({ hasGap: false, text })
    // Of tool calls alone it is not told whose they are.
    if (this.presence && ours && response!.clientId !== undefined)
      expect(response).toMatchObject({ status: 'interrupted' })
  }

  private checkWhole(agent: ModelAgent): void {
    const response = this.session.getResponse(agent.id)
    const rows = this.database.given.get(agent.id) ?? []
    const row = rows.find((r) => r.complete)
    // What the database does not know, and ended before what was read of the channel, nobody asked for.
    if (!response && !agent.named && this.database.asked) return
    if (agent.serial === undefined) return
    if (agent.withdrawn) return expect(response).toBeUndefined()
    const texts = agent.texts.filter((t) => t.serial !== undefined && !t.retracted)
    // A full text without a stamp, of one message of several, passes for an edit of a row that does not name them.
    const repaired = row && agent.script.manner === 'wrong' && !this.database.namesParts
    const loose = (row && agent.edited) || repaired
    if (agent.dead) this.checkLeft(agent, response, row !== undefined)
    else expect(response).toMatchObject({ hasGap: false, ...(agent.marked && { status: agent.status }) })
    if (loose || agent.dead) return
    expect(response!.text).toBe(agent.text)
    if (row || agent.brokenOff) return
    const expected = [
      ...texts
        .filter((t) => t.style.kind !== 'tool')
        .map((t) => [t.serial!, { type: t.style.kind, id: agent.partId(t), text: t.text }] as const),
      ...agent.wholes.filter((w) => !w.retracted).map((w) => [w.serial, w.expected] as const),
    ]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, part]) => part)
    expect(response!.parts).toMatchObject(expected)
    const stamped = texts.every((t) => t.closed && t.style.end !== undefined && t.style.kind !== 'tool')
    if (agent.script.manner === 'ours' && !agent.edited && stamped && agent.ofKind('text').length)
      expect(response!.verified).toBe(response!.status === 'complete')
  }
}
