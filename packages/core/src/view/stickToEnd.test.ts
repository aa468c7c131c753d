import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createStickToEnd } from './stickToEnd.ts'

/** A view of 100 pixels on content that grows; counts what it is asked. */
class Scroller {
  measured = 0
  listeners = 0
  scrollTop = 0
  scrollHeight = 300
  readonly clientHeight = 100
  onScroll = (): void => {}
  readonly child = {
    getBoundingClientRect: () => (this.measured++, { height: 300, top: -this.scrollTop, bottom: 300 }),
    children: [],
    nextElementSibling: null,
    isConnected: true,
  }
  readonly children = [this.child]

  getBoundingClientRect = () => (this.measured++, { top: 0 })

  addEventListener(_: string, listener: () => void): void {
    this.listeners++
    this.onScroll = listener
  }

  removeEventListener(): void {
    this.listeners--
  }
}

let resize = (): void => {}
let change = (_records: { target: unknown }[]): void => {}
let observed: unknown[] = []

beforeEach(() => {
  observed = []
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(callback: () => void) {
        resize = callback
      }
      observe(element: unknown): void {
        observed.push(element)
      }
      disconnect(): void {}
    },
  )
  vi.stubGlobal(
    'MutationObserver',
    class {
      constructor(callback: typeof change) {
        change = callback
      }
      observe(): void {}
      disconnect(): void {}
    },
  )
  vi.stubGlobal('getComputedStyle', () => ({ position: 'static' }))
})

afterEach(() => vi.unstubAllGlobals())

describe('createStickToEnd', () => {
  test('measures no element while it stays at the end, and one place when a person has left it', () => {
    const scroller = new Scroller()
    createStickToEnd().scroller(scroller as never)
    for (let i = 0; i < 10; i++) {
      scroller.scrollHeight += 50
      resize()
      scroller.onScroll()
    }
    expect(scroller.measured).toBe(0)
    scroller.scrollTop = 200
    scroller.onScroll()
    expect(scroller.measured).toBeGreaterThan(0)
  })

  test('follows a change at once, before the browser has laid it out: then nothing has shifted', () => {
    const scroller = new Scroller()
    createStickToEnd().scroller(scroller as never)
    scroller.scrollHeight += 50
    change([{ target: scroller.child }])
    expect(scroller.scrollTop).toBe(350)
    expect(observed).toEqual([scroller, scroller.child])
    // A new child grows, too.
    scroller.scrollHeight += 50
    change([{ target: scroller }])
    expect(scroller.scrollTop).toBe(400)
    expect(observed).toEqual([scroller, scroller.child, scroller.child])
  })

  test('the same element again changes nothing; null lets go of it', () => {
    const [one, other] = [new Scroller(), new Scroller()]
    const { scroller } = createStickToEnd()
    const attached = vi.spyOn(one, 'addEventListener')
    scroller(one as never)
    scroller(one as never)
    expect(attached).toHaveBeenCalledTimes(1)
    scroller(other as never)
    expect([one.listeners, other.listeners]).toEqual([0, 1])
    scroller(null)
    expect(other.listeners).toBe(0)
    scroller(other as never)
    expect(other.listeners).toBe(1)
  })
})
