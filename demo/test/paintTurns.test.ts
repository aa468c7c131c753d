// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

type Turns = typeof import('../web/common/paintTurns.ts')

let turns: Turns
let tasks: (() => void)[]
let frames: (() => void)[]
let hidden: boolean
beforeEach(async () => {
  tasks = []
  frames = []
  hidden = false
  vi.stubGlobal('setTimeout', (task: () => void) => tasks.push(task))
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => (hidden ? 'hidden' : 'visible'))
  vi.resetModules()
  turns = await import('../web/common/paintTurns.ts')
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const task = () => {
  for (const one of tasks.splice(0)) one()
}

const frame = () => {
  for (const one of frames.splice(0)) one()
  task()
}

/** Answers that note when they are painted. */
function answers() {
  const painted: string[] = []
  const paints = ['a', 'b', 'c'].map((name) => () => void painted.push(name))
  const ask = () => paints.forEach(turns.paintInTurn)
  return { painted, paints, ask }
}

test('each frame shows one answer more, in the order of asking; each paints in a task of its own', () => {
  const { painted, ask } = answers()
  ask()
  expect(painted).toEqual([])
  task()
  expect(painted).toEqual(['a'])
  for (const one of frames.splice(0)) one()
  expect(painted).toEqual(['a'])
  task()
  expect(painted).toEqual(['a', 'b'])
  // What has not been painted yet is painted once, as it is then.
  ask()
  expect(painted).toEqual(['a', 'b'])
  frame()
  frame()
  expect(painted).toEqual(['a', 'b', 'c', 'a'])
  for (let left = 4; left > 0; left--) frame()
  expect(painted).toEqual(['a', 'b', 'c', 'a', 'b'])
  expect([...frames, ...tasks]).toEqual([])
})

test('an answer that is gone is not painted', () => {
  const { painted, paints, ask } = answers()
  ask()
  turns.leaveTurns(paints[1]!)
  task()
  frame()
  frame()
  expect(painted).toEqual(['a', 'c'])
})

test('a hidden page has no frames: all is painted at once', () => {
  const { painted, ask } = answers()
  ask()
  hidden = true
  document.dispatchEvent(new Event('visibilitychange'))
  expect(painted).toEqual(['a', 'b', 'c'])
  ask()
  expect(painted).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
})
