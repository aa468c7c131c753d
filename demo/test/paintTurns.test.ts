// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

type Turns = typeof import('../web/common/answer/paintTurns.ts')

let turns: Turns
let frames: (() => void)[]
let hidden: boolean
beforeEach(async () => {
  frames = []
  hidden = false
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => (hidden ? 'hidden' : 'visible'))
  vi.resetModules()
  turns = await import('../web/common/answer/paintTurns.ts')
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const frame = () => {
  for (const one of frames.splice(0)) one()
}

/** Answers that note when they are painted. */
function answers() {
  const painted: string[] = []
  const paints = ['a', 'b', 'c'].map((name) => () => void painted.push(name))
  const ask = () => paints.forEach(turns.paintInTurn)
  return { painted, paints, ask }
}

test('each frame paints one answer, in the order of asking', () => {
  const { painted, ask } = answers()
  ask()
  expect(painted).toEqual(['a'])
  frame()
  // What has not been painted yet is painted once, as it is then.
  ask()
  expect(painted).toEqual(['a', 'b'])
  frame()
  frame()
  expect(painted).toEqual(['a', 'b', 'c', 'a'])
  for (let left = 4; left > 0; left--) frame()
  expect(painted).toEqual(['a', 'b', 'c', 'a', 'b'])
  expect(frames).toEqual([])
})

test('an answer that is gone is not painted', () => {
  const { painted, paints, ask } = answers()
  ask()
  turns.leaveTurns(paints[1]!)
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
