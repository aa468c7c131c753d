import { afterEach, expect, test, vi } from 'vitest'
import { perFrame } from './frame.ts'

afterEach(() => void vi.unstubAllGlobals())

/** A page that is visible until it is hidden, and whose frames come when the test says so. */
function makePage() {
  const frames = new Map<number, () => void>()
  const listeners = new Set<() => void>()
  let count = 0
  const page = {
    visibilityState: 'visible',
    listenersAdded: 0,
    addEventListener(_: string, listener: () => void) {
      page.listenersAdded++
      listeners.add(listener)
    },
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  }
  vi.stubGlobal('document', page)
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => {
    frames.set(++count, frame)
    return count
  })
  vi.stubGlobal('cancelAnimationFrame', (id: number) => frames.delete(id))
  return {
    page,
    frame() {
      const due = [...frames.values()]
      frames.clear()
      for (const frame of due) frame()
    },
    hide() {
      page.visibilityState = 'hidden'
      for (const listener of listeners) listener()
    },
  }
}

test('a page has one listener for all of its frames', () => {
  const { page, frame } = makePage()
  const flush = vi.fn()
  for (let i = 0; i < 100; i++) {
    perFrame(flush)
    frame()
  }
  expect(flush).toHaveBeenCalledTimes(100)
  expect(page.listenersAdded).toBe(1)
})

test('what waits for a frame when the page is hidden is flushed then, once, unless it was cancelled', () => {
  const { frame, hide } = makePage()
  const [one, other, cancelled, late] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()]
  perFrame(one)
  perFrame(other)
  perFrame(cancelled)()
  perFrame(() => cancelLate())
  const cancelLate = perFrame(late)
  hide()
  frame()
  expect([one, other, cancelled, late].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0, 0])
})

test('a frame that was cancelled flushes nothing', () => {
  const { frame } = makePage()
  const flush = vi.fn()
  perFrame(flush)()
  frame()
  expect(flush).not.toHaveBeenCalled()
})
