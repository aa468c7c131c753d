import { expect } from 'vitest'
import type { Agent, Scenario, Stage } from './stage.ts'

const COUNT = 60
const PAGE = 15

/** A channel with many prompts, of which the page has read the newest. */
async function past(stage: Stage, limit = PAGE): Promise<Agent> {
  const agent = stage.agent()
  for (let i = 0; i < COUNT; i++) await agent.prompt(`p${i}`, String(i))
  await stage.join(agent, { limit, offline: true })
  return agent
}

/** The same, read and shown. */
async function shownPast(stage: Stage, view: 'Older' | 'OlderAtEnd' = 'Older'): Promise<Agent> {
  const agent = await past(stage)
  await stage.connect(agent)
  await stage.ready(agent)
  await stage.mount(view, agent)
  return agent
}

const rows = (stage: Stage) => stage.texts('[data-row]')

const expected = (count: number) => Array.from({ length: count }, (_, i) => `p${COUNT - count + i}`)

/** Of a row, once what came has its place. */
function topOf(stage: Stage, id: string): Promise<number> {
  return stage.run(async (_, row) => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    return document.querySelector(`[data-row="${row}"]`)!.getBoundingClientRect().top
  }, id)
}

/**
 * Returns the place of the first row there. Without layout, nothing is seen by itself: the stand-in for the observer is
 * told.
 */
function reachTop(stage: Stage): Promise<number> {
  return stage.run((host) => {
    const scroller = document.querySelector('[data-scroller]')
    if (scroller) scroller.scrollTop = 0
    const place = document.querySelector('[data-row]')!.getBoundingClientRect().top
    host.seen()
    return place
  }, undefined)
}

export const scrolling: Scenario[] = [
  {
    name: 'useOlder loads page by page whenever the top comes near, until there is no more',
    async run(stage) {
      await shownPast(stage)
      let shown = await rows(stage)
      expect(shown).toEqual(expected(PAGE))
      do {
        const before = shown
        await reachTop(stage)
        await stage.until('older rows', async () => (shown = await rows(stage)).length > before.length)
        // One page was added above; the view stayed in place, so the top is far away again.
        expect(shown).toEqual(expected(before.length + PAGE))
      } while (shown.length < COUNT)
      await reachTop(stage)
      await stage.until('no more', async () => (await stage.text('[data-older=false]')) !== null)
    },
  },
  {
    name: 'useOlder inside useStickToEnd: at the very top, below a heading, pages come one by one',
    async run(stage) {
      await shownPast(stage, 'OlderAtEnd')
      let shown = await rows(stage)
      do {
        const before = shown
        const place = await reachTop(stage)
        await stage.until('older rows', async () => (shown = await rows(stage)).length > before.length)
        expect(shown).toEqual(expected(before.length + PAGE))
        if (stage.options.layout) expect(await topOf(stage, before[0]!)).toBeCloseTo(place, 0)
      } while (shown.length < COUNT)
    },
  },
  ...[0, 100].map((height) => ({
    // At the very top browsers do not keep the place themselves; elsewhere they do.
    name: `useOlder: what is on screen stays in its place, ${height} from the top, while a response streams`,
    async run(stage: Stage) {
      const agent = await shownPast(stage)
      if (!stage.options.layout) return
      const place = await stage.run((_, scrollTop) => {
        const scroller = document.querySelector('[data-scroller]')!
        scroller.scrollTop = scrollTop
        const row = document.querySelectorAll('[data-row]')[4]!
        return { id: row.getAttribute('data-row')!, top: row.getBoundingClientRect().top }
      }, height)
      // The response's start is unknown, so older messages are read for it as well.
      await agent.tokens('a', ['One ', 'two '])
      await stage.until('older rows', async () => (await rows(stage))[4] !== place.id)
      for (let frame = 0; frame < 3; frame++) {
        const top = await stage.run(async (_, id) => {
          await new Promise(requestAnimationFrame)
          return document.querySelector(`[data-row="${id}"]`)!.getBoundingClientRect().top
        }, place.id)
        expect(Math.abs(top - place.top)).toBeLessThan(1)
      }
    },
  })),
  {
    name: 'useOlder: a page that cannot be read says so, is not tried again by itself, and can be by hand',
    async run(stage) {
      const agent = await shownPast(stage)
      const remove = stage.wire.server.faults.refuse({
        on: 'rest',
        match: { path: /messages|history/ },
        error: 50000,
      })
      await reachTop(stage)
      await stage.until('the error', async () =>
        Boolean((await stage.text('button'))?.startsWith('unable to load older messages; ')),
      )
      await reachTop(stage)
      expect(await rows(stage)).toEqual(expected(PAGE))
      expect(await stage.run((host, name) => host.loads(name), agent.name)).toBe(1)
      remove()
      await stage.click('button')
      await stage.until('older rows', async () => (await rows(stage)).length > PAGE)
      expect(await stage.text('button')).toBe('')
    },
  },
  {
    name: 'useOlder: a view that is there before the past is watches for it',
    async run(stage) {
      const agent = await past(stage)
      await stage.mount('Older', agent)
      await stage.connect(agent)
      await stage.until('the newest page', async () => (await rows(stage)).length >= PAGE)
      await reachTop(stage)
      await stage.until('older rows', async () => (await rows(stage)).length > PAGE)
    },
  },
  {
    name: 'useOlder: goes on until the top is out of sight',
    async run(stage) {
      if (!stage.options.layout) return
      const agent = await past(stage, 2)
      await stage.mount('Older', agent)
      await stage.connect(agent)
      // A screen is six rows high, and one more screen is kept ready.
      await stage.until('two screens', async () => (await rows(stage)).length >= 12)
    },
  },
  {
    name: 'useOlder: another session takes over, and the old one is left alone',
    async run(stage) {
      const second = await past(stage)
      await stage.connect(second)
      await stage.ready(second)
      const first = await shownPast(stage)
      await stage.update({}, second)
      await reachTop(stage)
      await stage.until('older rows', async () => (await rows(stage)).length === 2 * PAGE)
      const kept = await stage.run(
        (host, name) => host.session(name).getSnapshot().messages.length,
        first.name,
      )
      expect(kept).toBe(PAGE)
    },
  },
  ...(['built here', "a server's"] as const).map((markup) => ({
    name: `useOlder: a view that reads nothing of its state loads too, from session after session; ${markup}`,
    async run(stage: Stage) {
      const second = await past(stage)
      const first = await past(stage)
      for (const agent of [first, second]) {
        await stage.connect(agent)
        await stage.ready(agent)
      }
      const html = markup === 'built here' ? undefined : await stage.options.serve('OlderList', {})
      await stage.mount('OlderList', first, {}, html)
      await reachTop(stage)
      await stage.until('older rows', async () => (await rows(stage)).length > PAGE)
      await stage.update({}, second)
      await reachTop(stage)
      await stage.until('older rows of the second', async () => {
        const { length } = await rows(stage)
        return length > PAGE && (await stage.run((host, name) => host.loads(name), second.name)) > 0
      })
    },
  })),
]
