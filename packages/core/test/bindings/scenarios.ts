import { expect } from 'vitest'
import { seams } from './seams.ts'
import { scrolling } from './scrolling.ts'
import { sticking } from './sticking.ts'
import { turning } from './turning.ts'
import type { Agent, Scenario, Stage } from './stage.ts'

const words = 'The quick brown fox jumps over the lazy dog. '.split(/(?<= )/)
const sentence = words.join('')

/** A conversation with a prompt and two responses, shown. */
async function conversation(stage: Stage): Promise<Agent> {
  const agent = await stage.open({ schedule: 'hand' })
  await stage.ready(agent)
  await stage.mount('Conversation', agent)
  await agent.prompt('p', 'Why?')
  for (const id of ['a', 'b']) {
    await agent.publish('start', id)
    await agent.tokens(id, words)
  }
  await stage.received(agent)
  await stage.tick()
  await stage.shows('[data-row=b]', sentence)
  return agent
}

/** What every binding must do, whatever the framework. */
export const scenarios: Scenario[] = [
  {
    name: 'a conversation: nothing renders per token, and the row that streams once per publication',
    async run(stage) {
      const agent = await conversation(stage)
      expect(await stage.texts('[data-row]')).toEqual(['Why?', sentence, sentence])
      await stage.run((host) => host.reset(), undefined)
      const rounds = 5
      for (let round = 0; round < rounds; round++) {
        await agent.tokens('a', words)
        await stage.received(agent)
        await stage.tick()
      }
      expect(await stage.text('[data-row=a]')).toBe(sentence.repeat(rounds + 1))
      expect(await stage.renders('list')).toBe(0)
      expect(await stage.renders('row:b')).toBe(0)
      expect(await stage.renders('row:p')).toBe(0)
      expect(await stage.renders('row:a')).toBe(rounds * stage.rendersEach)
      await agent.publish('stop', 'a')
      await stage.until('the end', async () => (await stage.texts('[data-status=complete]')).length === 1)
      expect(await stage.renders('list')).toBe(0)
      expect(await stage.renders('row:a')).toBe((rounds + 1) * stage.rendersEach)
    },
  },
  {
    name: 'a conversation: at most one render a frame for the row that streams',
    async run(stage) {
      const agent = await stage.open()
      await stage.ready(agent)
      await stage.mount('Conversation', agent)
      await agent.publish('start', 'a')
      await agent.tokens('a', words)
      await stage.shows('[data-row=a]', sentence)
      await stage.run((host) => host.reset(), undefined)
      for (let round = 0; round < 20; round++) await agent.tokens('a', words)
      await stage.shows('[data-row=a]', sentence.repeat(21))
      const [renders, frames] = await stage.run(
        (host) => [host.renders('row:a'), host.framesPassed()] as const,
        undefined,
      )
      expect(renders).toBeGreaterThan(0)
      expect(renders).toBeLessThanOrEqual(frames * stage.rendersEach)
      expect(await stage.renders('list')).toBe(0)
    },
  },
  {
    name: 'rows that are memoised show what is new, and keep their elements when others come',
    async run(stage) {
      const agent = await conversation(stage)
      await stage.run(() => {
        document.querySelector('[data-row=a]')!.setAttribute('data-mark', 'same')
      }, undefined)
      await stage.run((host) => host.reset(), undefined)
      await agent.publish('start', 'c')
      await agent.tokens('c', words)
      await agent.tokens('a', ['More.'])
      await stage.received(agent)
      await stage.tick()
      await stage.shows('[data-mark=same]', `${sentence}More.`)
      expect(await stage.texts('[data-row]')).toEqual(['Why?', `${sentence}More.`, sentence, sentence])
      expect(await stage.renders('list')).toBe(stage.rendersEach)
      expect(await stage.renders('row:b')).toBe(0)
    },
  },
  {
    name: 'useResponse() follows the newest response',
    async run(stage) {
      const agent = await stage.open()
      await stage.mount('Newest', agent)
      expect(await stage.text('[data-answer]')).toBe('')
      await agent.tokens('a', ['One'])
      await stage.shows('[data-answer]', 'One')
      await agent.prompt('p', 'Why?')
      await agent.tokens('b', ['Two'])
      await stage.shows('[data-answer]', 'Two')
      await agent.tokens('b', [' and more'])
      await stage.shows('[data-answer]', 'Two and more')
    },
  },
  {
    name: 'a selector: renders when what it returns changes, and may return new objects',
    async run(stage) {
      const agent = await stage.open({ schedule: 'hand' })
      await stage.ready(agent)
      await stage.mount('Selected', agent, { id: 'a' })
      await agent.publish('start', 'a')
      await agent.tokens('a', words)
      await stage.received(agent)
      await stage.tick()
      await stage.shows('[data-status]', 'streaming')
      await stage.run((host) => host.reset(), undefined)
      for (let round = 0; round < 3; round++) {
        await agent.tokens('a', words)
        await stage.received(agent)
        await stage.tick()
      }
      await stage.shows('[data-length]', String(sentence.length * 4))
      expect(await stage.renders('status')).toBe(0)
      expect(await stage.renders('list')).toBe(0)
      expect(await stage.renders('length')).toBe(3 * stage.rendersEach)
      await agent.publish('stop', 'a')
      await stage.shows('[data-status]', 'complete')
    },
  },
  {
    name: 'another id, another session: what is shown changes, and the old is let go',
    async run(stage) {
      const agent = await stage.open()
      const other = await stage.open()
      await agent.tokens('a', ['Alpha'])
      await agent.tokens('b', ['Beta'])
      await other.tokens('b', ['Other'])
      await stage.mount('Answer', agent, { id: 'a' })
      await stage.shows('[data-answer]', 'Alpha')
      const before = await stage.listeners()
      await stage.update({ id: 'b' })
      await stage.shows('[data-answer]', 'Beta')
      await stage.update({}, other)
      await stage.shows('[data-answer]', 'Other')
      expect(await stage.listeners()).toBe(before)
      await agent.tokens('b', [' too late'])
      await other.tokens('b', [' and live'])
      await stage.shows('[data-answer]', 'Other and live')
    },
  },
  {
    name: 'a prompt: shown at once, refused, sent again',
    async run(stage) {
      const agent = await stage.open()
      await stage.ready(agent)
      await stage.mount('Composer', agent)
      await stage.run((host) => host.reset(), undefined)
      stage.wire.server.faults.refuse({ match: { name: 'user-input' }, times: 1, error: 40160 })
      // Before any answer of the server can be read.
      const delivery = await stage.run(async () => {
        document.querySelector('button')!.click()
        for (let i = 0; i < 10; i++) await Promise.resolve()
        return document.querySelector('[data-delivery]')?.getAttribute('data-delivery')
      }, undefined)
      expect(delivery).toBe('sending')
      await stage.until('the refusal', async () => (await stage.texts('[data-delivery=failed]')).length === 1)
      const title = await stage.run(() => document.querySelector('[data-delivery]')!.getAttribute('title'), 0)
      expect(title).toContain('unable to send the message; ')
      await stage.click('[data-retry]')
      await stage.until('the delivery', async () => (await stage.texts('[data-delivery=sent]')).length === 1)
      // `useSend` follows nothing.
      expect(await stage.renders('composer')).toBe(0)
    },
  },
  {
    name: 'agents come and go',
    async run(stage) {
      const agent = await stage.open()
      await stage.ready(agent)
      await stage.mount('Agents', agent)
      await agent.channel.presence.enter({ role: 'agent' })
      await stage.shows('li', 'agent')
      await agent.channel.presence.leave()
      await stage.until('the leave', async () => (await stage.text('li')) === null)
    },
  },
  {
    name: 'a session: connecting, live, disconnected, live, closed',
    async run(stage) {
      const agent = await stage.open({ offline: true })
      await stage.mount('Status', agent)
      const status = (wanted: string) =>
        stage.until(`status ${wanted}`, async () =>
          stage.run((_, w) => document.querySelector(`[data-status=${w}]`) !== null, wanted),
        )
      await status('connecting')
      await stage.connect(agent)
      await status('live')
      await agent.tokens('a', ['One'])
      await stage.shows('[data-status]', '1')
      const remove = stage.wire.server.faults.drop({ match: { clientId: 'reader' }, refuseFor: 60_000 })
      await status('disconnected')
      await stage.shows('[data-status]', '1')
      remove()
      await status('live')
      await stage.click('[data-status]')
      await status('closed')
    },
  },
  {
    name: 'a session that cannot attach says why',
    async run(stage) {
      const remove = stage.wire.server.faults.refuse({ on: 'attach', error: 40160 })
      const agent = await stage.open()
      await stage.mount('Status', agent)
      await stage.until('the error', async () =>
        Boolean((await stage.text('[data-status=failed]'))?.startsWith('unable to attach to channel')),
      )
      remove()
    },
  },
  {
    name: 'a gap shows where it is, and heals in place',
    async run(stage) {
      const agent = await stage.open()
      await stage.ready(agent)
      await stage.mount('Gaps', agent, { id: 'a' })
      const headers = { rejoin: '1', part: '0' }
      await agent.publish('start', 'a', undefined, headers)
      await agent.publish('token', 'a', 'Hello ', { ...headers, end: '6' })
      // "big " was refused.
      await agent.publish('token', 'a', 'world', { ...headers, end: '15' })
      await stage.shows('[data-missing="4"]', 'Hello world')
      await agent.publish('response-complete', 'a', 'Hello big world', {
        ...headers,
        end: '15',
        phase: 'streaming',
      })
      await stage.shows('[data-missing=""]', 'Hello big world')
      await agent.publish('token', 'a', '', { ...headers, end: '15', phase: 'done', checksum: 'e766f5ea' })
      await agent.publish('stop', 'a', undefined, headers)
      await stage.shows('[data-verified=true]', 'Hello big world')
    },
  },
  {
    name: 'tool and data parts, a result and a decision from the page',
    async run(stage) {
      const agent = await stage.open()
      await stage.ready(agent)
      await stage.mount('Parts', agent, { id: 'a' })
      const heard: string[] = []
      await agent.channel.subscribe(({ name, data }) => {
        if (name === 'tool_result' || name === 'approval-response')
          heard.push(`${name} ${JSON.stringify(data)}`)
      })
      await agent.tokens('a', ['Where?'])
      await agent.publish(
        'tool_call',
        'a',
        { name: 'place', args: { precise: true }, client: true },
        { toolCallId: 't' },
      )
      await agent.publish('data-chart', 'a', { points: [1, 2] })
      await stage.shows('[data-type=data-chart]', '{"points":[1,2]}')
      await stage.until('the call', async () =>
        Boolean(
          (await stage.text('[data-type=tool-place]'))?.startsWith('"input-available" {"precise":true}'),
        ),
      )
      await stage.click('[data-type=tool-place] button')
      await stage.until('the result', async () =>
        Boolean(
          (await stage.text('[data-type=tool-place]'))?.includes(
            '"output-available" {"precise":true} "Ghent"',
          ),
        ),
      )
      await stage.click('[data-type=tool-place] input')
      await stage.until('both messages', async () => heard.length === 2)
      expect(heard).toEqual([
        'tool_result {"name":"place","result":"Ghent"}',
        'approval-response {"decision":"approved"}',
      ])
    },
  },
  ...seams,
  ...turning,
  ...sticking,
  ...scrolling,
]
