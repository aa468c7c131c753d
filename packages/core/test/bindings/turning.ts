import { expect } from 'vitest'
import type { Agent, Scenario, Stage } from './stage.ts'

const ROWS = 200

/** A conversation of two turns by an agent that answers with `promptId`. */
async function twoTurns(stage: Stage): Promise<Agent> {
  const agent = await stage.open()
  await stage.ready(agent)
  await agent.prompt('p1', 'One?')
  await agent.tokens('r1', ['First'], { promptId: 'p1' })
  await agent.prompt('p2', 'Two?')
  await agent.tokens('r2', ['Second'], { promptId: 'p2' })
  await stage.received(agent)
  return agent
}

/** What one does with a conversation: versions, the queue, stopping. */
export const turning: Scenario[] = [
  {
    name: `useMessage and useActions: of ${ROWS} rows of either role none renders when people come and go`,
    async run(stage) {
      const agent = stage.agent()
      for (let i = 0; i < ROWS / 2; i++) {
        await agent.prompt(`p${i}`, `Question ${i}`)
        await agent.tokens(`r${i}`, [`Answer ${i}`])
      }
      agent.published = 0
      await stage.join(agent, { schedule: 'hand', limit: 1000 })
      await stage.mount('Rows', agent)
      await stage.ready(agent)
      await stage.tick()
      await stage.shows(`[data-row=r${ROWS / 2 - 1}]`, `Answer ${ROWS / 2 - 1}`)
      expect(await stage.texts('[data-role=user]')).toHaveLength(ROWS / 2)
      expect(await stage.texts('[data-role=assistant]')).toHaveLength(ROWS / 2)
      await stage.run((host) => host.reset(), undefined)
      const present = (count: number) =>
        stage.until(`${count} present`, async () => {
          await stage.tick()
          return stage.run(
            (host, [name, n]) => {
              const { agents, users } = host.session(name).getSnapshot()
              return agents.length + users.length === n
            },
            [agent.name, count] as const,
          )
        })
      for (let i = 0; i < 3; i++) {
        const client = stage.wire.client({ clientId: `someone${i}` })
        await client.channels.get(agent.name).presence.enter()
        await present(i + 1)
      }
      expect(await stage.renders('list')).toBe(0)
      expect(await stage.renders('row')).toBe(0)
      // And a row is not deaf for that.
      await agent.tokens('r0', [', and more'])
      await stage.received(agent)
      await stage.tick()
      await stage.shows('[data-row=r0]', 'Answer 0, and more')
      expect(await stage.renders('row')).toBe(stage.rendersEach)
      expect(await stage.renders('list')).toBe(0)
    },
  },
  {
    name: 'useTurns and useBranch: another answer, other words, back and forth; other turns do not render',
    async run(stage) {
      const agent = await twoTurns(stage)
      await stage.mount('Turns', agent)
      await stage.shows('[data-row=r2]', 'Second')
      expect(await stage.texts('[data-turn]')).toEqual(['One?First1/1', 'Two?Second1/1'])

      await stage.run((host) => host.reset(), undefined)
      await stage.click('[data-row=r2]')
      await stage.until('both versions', async () => (await stage.texts('[data-version]')).length === 2)
      // The other answer has been asked for, and has not begun.
      expect(await stage.text('[data-row=r2]')).toBeNull()
      const again = await stage.run(
        (host, name) => host.session(name).getSnapshot().entries.at(-1)!.id,
        agent.name,
      )
      // An answer comes after its prompt on the channel, too.
      await stage.until('the prompt on the channel', () =>
        stage.run((host, [name, id]) => host.session(name).getPrompt(id)?.delivery === 'sent', [
          agent.name,
          again,
        ] as const),
      )
      await agent.tokens('r3', ['Another'], { promptId: again })
      await stage.shows('[data-row=r3]', 'Another')
      await stage.shows('[data-switch=r3]', '2/2')
      await stage.click('[data-version="answer 0"]')
      await stage.shows('[data-row=r2]', 'Second')
      await stage.click('[data-switch=r2]')
      await stage.shows('[data-row=r3]', 'Another')
      expect(await stage.renders('row:p1')).toBe(0)
      expect(await stage.renders('row:r1')).toBe(0)

      const edited = await stage.run(
        (host, name) => host.session(name).editMessage('p1', { text: 'Uno?' }),
        agent.name,
      )
      await agent.tokens('r4', ['Primo'], { promptId: edited })
      await stage.shows('[data-row=r4]', 'Primo')
      expect(await stage.texts('[data-row]')).toEqual(['Uno?', 'Primo'])
      await stage.click('[data-version="prompt 0"]')
      await stage.shows('[data-row=r3]', 'Another')
      expect(await stage.texts('[data-row]')).toEqual(['One?', 'First', 'Two?', 'Another'])
      await stage.click('[data-version="prompt 1"]')
      await stage.shows('[data-row=r4]', 'Primo')
    },
  },
  {
    name: 'useQueue: what waits shows, and can be called off',
    async run(stage) {
      const agent = await stage.open()
      await stage.ready(agent)
      await stage.mount('Queue', agent)
      await stage.run(
        (host, name) => host.session(name).sendMessage({ text: 'Later', promptId: 'p1' }),
        agent.name,
      )
      expect(await stage.text('[data-queued]')).toBeNull()
      await agent.publish('prompt-status', undefined, { status: 'queued' }, { promptId: 'p1' })
      await stage.shows('[data-queued]', 'Later')
      await stage.run((host) => host.reset(), undefined)
      await agent.tokens('r0', ['Something else'])
      await stage.received(agent)
      expect(await stage.renders('queue')).toBe(0)
      await stage.click('[data-queued]')
      await stage.until('an empty queue', async () => (await stage.text('[data-queued]')) === null)
    },
  },
  {
    name: 'isStreaming and stopAll: while any answer is written, and for all of them',
    async run(stage) {
      const agent = await stage.open()
      await stage.ready(agent)
      await stage.mount('Stop', agent)
      const streaming = (wanted: boolean) =>
        stage.until(`streaming ${wanted}`, async () =>
          stage.run((_, w) => document.querySelector(`[data-streaming=${w}]`) !== null, wanted),
        )
      await streaming(false)
      await agent.tokens('a', ['One'])
      await agent.tokens('b', ['Two'])
      await streaming(true)
      await agent.publish('stop', 'a')
      await stage.received(agent)
      expect(await stage.text('[data-streaming=true]')).toBe('Stop')
      const cancelled: unknown[] = []
      await agent.channel.subscribe('cancel', ({ data, extras }) => {
        cancelled.push((extras as { headers?: { responseId?: string } })?.headers?.responseId ?? data)
      })
      await agent.tokens('c', ['Three'])
      await stage.received(agent)
      await stage.click('button')
      await stage.until('both requests', async () => cancelled.length === 2)
      await agent.publish('stop', 'b')
      await agent.publish('stop', 'c')
      await streaming(false)
    },
  },
]
