import { expect } from 'vitest'
import { oldRows } from './host.ts'
import type { Scenario } from './stage.ts'

const sentence = 'The quick brown fox jumps over the lazy dog.'

/** Where a view meets the life of its page: waiting, sessions of its own, a server's markup. */
export const seams: Scenario[] = [
  {
    name: 'useReady waits for the past, and shows it at once',
    async run(stage) {
      const agent = stage.agent()
      await agent.tokens('a', [sentence])
      await stage.join(agent, { offline: true })
      await stage.mount('Suspended', agent)
      await stage.shows('[data-fallback]', '…')
      expect(await stage.text('[data-row]')).toBeNull()
      await stage.connect(agent)
      await stage.shows('[data-row=a]', sentence)
      expect(await stage.text('[data-fallback]')).toBeNull()
    },
  },
  {
    name: 'useIsReady tells the same, without Suspense',
    async run(stage) {
      const agent = stage.agent()
      await agent.tokens('a', [sentence])
      await stage.join(agent, { offline: true })
      await stage.mount('Waiting', agent)
      await stage.shows('[data-fallback]', '…')
      await stage.connect(agent)
      await stage.shows('[data-answer]', sentence)
      expect(await stage.text('[data-fallback]')).toBeNull()
    },
  },
  {
    name: 'useReady lets a session through that fails: its state tells',
    async run(stage) {
      stage.wire.server.faults.refuse({ on: 'attach', error: 40160 })
      const agent = await stage.open()
      await stage.mount('Suspended', agent)
      await stage.until('the list', async () => (await stage.text('ol')) === '')
    },
  },
  {
    name: 'useCreateSession makes one for each key, and closes what it made',
    async run(stage) {
      const [first, second] = [stage.agent(), stage.agent()]
      await first.tokens('a', ['First'])
      await second.tokens('a', ['Second'])
      await stage.mount('Created', first, { channel: first.name })
      await stage.shows('[data-answer]', 'First')
      // StrictMode makes more than one, and closes all but the last.
      const made = stage.options.strict ? /^(closed,)+live$/ : /^live$/
      expect((await stage.statuses()).join()).toMatch(made)
      await stage.update({ channel: second.name })
      await stage.shows('[data-answer]', 'Second')
      expect((await stage.statuses()).join()).toMatch(stage.options.strict ? made : /^closed,live$/)
      // What belongs to one key is never shown for another.
      expect(await stage.renders(`${second.name} First`)).toBe(0)
      expect(await stage.renders(`${second.name} Second`)).toBeGreaterThan(0)
      await stage.unmount()
      expect(new Set(await stage.statuses())).toEqual(new Set(['closed']))
    },
  },
  {
    name: 'a server renders what a new session shows, and the page takes it over without a difference',
    async run(stage) {
      const agent = await stage.open()
      await stage.ready(agent)
      await agent.tokens('a', [sentence])
      for (const view of [
        'Conversation',
        'Newest',
        'Status',
        'Agents',
        'Composer',
        'Rows',
        'Turns',
        'Queue',
        'Stop',
        'End',
        'Waiting',
        'Older',
        'Suspended',
      ] as const) {
        const html = await stage.options.serve(view, {})
        expect(html).not.toContain(sentence)
        // By now the session in the page knows more than the server did.
        await stage.until('the text', async () =>
          stage.run((host, name) => host.session(name).getResponse('a') !== undefined, agent.name),
        )
        await stage.mount(view, agent, {}, html)
        if (view === 'Conversation' || view === 'Suspended') await stage.shows('[data-row=a]', sentence)
        if (view === 'Newest') await stage.shows('[data-answer]', sentence)
        if (view === 'Status') await stage.shows('[data-status=live]', '1')
        await stage.unmount()
      }
    },
  },
  {
    name: 'a server renders the rows that it has, and the page takes them over and goes on',
    async run(stage) {
      const agent = stage.agent()
      await stage.join(agent, { initialRows: oldRows })
      await agent.tokens('a', [sentence])
      await stage.ready(agent)
      await stage.until('the text', async () =>
        stage.run((host, name) => host.session(name).getResponse('a') !== undefined, agent.name),
      )
      for (const [view, shown] of [
        ['Conversation', 'An old answer'],
        ['Answer', 'An old answer'],
        ['Newest', 'An old answer'],
        ['Rows', 'An old answer'],
        ['Turns', 'p1'],
        ['Status', 'connecting'],
        ['Waiting', 'An old answer'],
      ] as const) {
        const props = view === 'Answer' ? { id: 'r1' } : {}
        const html = await stage.options.serve(view, props, oldRows)
        expect(html, view).toContain(shown)
        expect(html).not.toContain(sentence)
        await stage.mount(view, agent, props, html)
        if (view === 'Conversation') await stage.shows('[data-row=a]', sentence)
        if (view === 'Newest') await stage.shows('[data-answer]', sentence)
        if (view === 'Answer') await stage.shows('[data-answer]', 'An old answer')
        await stage.unmount()
      }
    },
  },
  {
    name: 'a component makes a session that begins with rows: on a server, and in the page',
    async run(stage) {
      const agent = stage.agent()
      await agent.tokens('a', [sentence])
      const props = { channel: agent.name }
      const html = await stage.options.serve('FromRows', props)
      expect(html).toContain('An old answer')
      await stage.mount('FromRows', agent, props, html)
      await stage.shows('[data-row=a]', sentence)
      await stage.shows('[data-row=r1]', 'An old answer')
      await stage.unmount()
      expect(new Set(await stage.statuses())).toEqual(new Set(['closed']))
    },
  },
]
