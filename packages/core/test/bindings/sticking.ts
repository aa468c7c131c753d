import { expect } from 'vitest'
import type { Agent, Scenario, Stage } from './stage.ts'

const long = 'x'.repeat(200)
const stamps = { rejoin: '1', part: '0' }

/** Rows of 220 pixels, the first one with text missing, shown at their end. */
async function rows(stage: Stage): Promise<Agent> {
  const agent = await stage.open()
  await stage.ready(agent)
  await stage.mount('End', agent)
  await agent.publish('start', 'a', undefined, stamps)
  await agent.publish('token', 'a', long, { ...stamps, end: '200' })
  // 150 are missing.
  await agent.publish('token', 'a', 'x', { ...stamps, end: '351' })
  for (const id of ['b', 'c', 'd', 'e']) await agent.tokens(id, [long])
  await stage.shows('[data-row=e]', long)
  return agent
}

/** Distance from the end of the view to the end of the content, once pending layout is done. */
function rest(stage: Stage): Promise<number> {
  return stage.run(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    const { scrollHeight, clientHeight, scrollTop } = document.querySelector('[data-scroller]')!
    return scrollHeight - clientHeight - scrollTop
  }, undefined)
}

/** Scrolls as a person does, and waits until the page has heard of it. */
function scrollTo(stage: Stage, top: number): Promise<void> {
  return stage.run(async (_, to) => {
    const scroller = document.querySelector('[data-scroller]')!
    scroller.scrollTop = to
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
  }, top)
}

function topOf(stage: Stage, id: string): Promise<number> {
  return stage.run(async (_, row) => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    return document.querySelector(`[data-row=${row}]`)!.getBoundingClientRect().top
  }, id)
}

const atEnd = async (stage: Stage) => (await stage.text('[data-end=true]')) !== null

/** The end of a conversation, and one's place in it. */
export const sticking: Scenario[] = [
  {
    name: 'useStickToEnd: the end stays in view while answers grow',
    async run(stage) {
      const agent = await rows(stage)
      expect(await atEnd(stage)).toBe(true)
      if (!stage.options.layout) return
      for (let round = 1; round <= 3; round++) {
        expect(await rest(stage)).toBeLessThanOrEqual(1)
        await agent.tokens('e', [long])
        await stage.shows('[data-row=e]', long.repeat(round + 1))
      }
      expect(await rest(stage)).toBeLessThanOrEqual(1)
    },
  },
  {
    name: 'useStickToEnd: who has scrolled up keeps the place while text comes below and heals above; and goes back',
    async run(stage) {
      const agent = await rows(stage)
      if (!stage.options.layout) return
      expect(await rest(stage)).toBeLessThanOrEqual(1)
      await scrollTo(stage, 400)
      await stage.until('leaving the end', async () => !(await atEnd(stage)))
      const before = await topOf(stage, 'd')

      await agent.tokens('e', [long])
      await stage.shows('[data-row=e]', long.repeat(2))
      expect(Math.abs((await topOf(stage, 'd')) - before)).toBeLessThan(1)

      const whole = 'x'.repeat(351)
      await agent.publish('response-complete', 'a', whole, { ...stamps, end: '351', phase: 'streaming' })
      await stage.shows('[data-row=a]', whole)
      expect(Math.abs((await topOf(stage, 'd')) - before)).toBeLessThan(1)

      await stage.click('[data-end]')
      await stage.until('the end', () => atEnd(stage))
      await agent.tokens('e', [long])
      await stage.shows('[data-row=e]', long.repeat(3))
      expect(await rest(stage)).toBeLessThanOrEqual(1)
    },
  },
  {
    name: 'useStickToEnd: a little up is up, and down to the end is the end again',
    async run(stage) {
      const agent = await rows(stage)
      if (!stage.options.layout) return
      expect(await rest(stage)).toBeLessThanOrEqual(1)
      const end = await stage.run(() => document.querySelector('[data-scroller]')!.scrollTop, undefined)
      await scrollTo(stage, end - 10)
      await stage.until('leaving the end', async () => !(await atEnd(stage)))
      await agent.tokens('e', [long])
      await stage.shows('[data-row=e]', long.repeat(2))
      expect(await rest(stage)).toBeGreaterThan(100)
      await scrollTo(stage, 100_000)
      await stage.until('the end', () => atEnd(stage))
    },
  },
]
