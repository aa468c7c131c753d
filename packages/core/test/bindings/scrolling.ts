import { expect } from 'vitest'
import type { Agent, Scenario, Stage } from './stage.ts'

const COUNT = 60
const PAGE = 15

/** A channel with many prompts, of which the page has read the newest. */
async function past(stage: Stage): Promise<Agent> {
  const agent = stage.agent()
  for (let i = 0; i < COUNT; i++) await agent.prompt(`p${i}`, String(i))
  await stage.join(agent, { limit: PAGE })
  await stage.ready(agent)
  return agent
}

const rows = (stage: Stage) => stage.texts('[data-row]')

const expected = (count: number) => Array.from({ length: count }, (_, i) => `p${COUNT - count + i}`)

/** Without layout, nothing is seen by itself: the stand-in for the observer is told. */
async function reachTop(stage: Stage): Promise<void> {
  await stage.run((host) => {
    const scroller = document.querySelector('[data-scroller]')!
    scroller.scrollTop = 0
    host.seen()
  }, undefined)
}

export const scrolling: Scenario[] = [
  {
    name: 'useOlder loads page by page whenever the top comes near, until there is no more',
    async run(stage) {
      const agent = await past(stage)
      await stage.mount('Older', agent)
      let shown = await rows(stage)
      expect(shown).toEqual(expected(PAGE))
      do {
        const before = shown
        await reachTop(stage)
        await stage.until('older rows', async () => (shown = await rows(stage)).length > before.length)
        // One page: what was on screen is still, so the top is far away again.
        expect(shown).toEqual(expected(before.length + PAGE))
      } while (shown.length < COUNT)
      await reachTop(stage)
      await stage.until('no more', async () => (await stage.text('[data-older=false]')) !== null)
    },
  },
  {
    name: 'useOlder: what is on screen stays in its place, while a response streams',
    async run(stage) {
      const agent = await past(stage)
      await stage.mount('Older', agent)
      if (!stage.options.layout) return
      // The very top, where browsers do not keep the place themselves.
      const place = await stage.run(() => {
        const scroller = document.querySelector('[data-scroller]')!
        scroller.scrollTop = 0
        const first = document.querySelector('[data-row]')!
        return { id: first.getAttribute('data-row')!, top: first.getBoundingClientRect().top }
      }, undefined)
      await agent.tokens('a', ['One ', 'two '])
      await stage.until('older rows', async () => (await rows(stage))[0] !== place.id)
      const top = await stage.run(
        (_, id) => document.querySelector(`[data-row="${id}"]`)!.getBoundingClientRect().top,
        place.id,
      )
      expect(Math.abs(top - place.top)).toBeLessThan(1)
    },
  },
  {
    name: 'useOlder: a page that cannot be read says so, is not tried again by itself, and can be by hand',
    async run(stage) {
      const agent = await past(stage)
      const remove = stage.wire.server.faults.refuse({
        on: 'rest',
        match: { path: /messages|history/ },
        error: 50000,
      })
      await stage.mount('Older', agent)
      await reachTop(stage)
      await stage.until('the error', async () =>
        Boolean((await stage.text('button'))?.startsWith('unable to load older messages; ')),
      )
      await reachTop(stage)
      expect(await rows(stage)).toEqual(expected(PAGE))
      remove()
      await stage.click('button')
      await stage.until('older rows', async () => (await rows(stage)).length > PAGE)
      expect(await stage.text('button')).toBe('')
    },
  },
]
