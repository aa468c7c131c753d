import type { Channel } from '../channel/channel.ts'
import { mergeAppends, type MessageInput } from '../channel/message.ts'

/** Called with the serial of the append, merged or not, or with an error. */
export type Done = (result: { serial: string; merged: boolean } | { error: unknown }) => void

type Publish = (channel: Channel, input: MessageInput, frameId: string) => string

interface Window {
  channel: Channel
  pending: MessageInput | undefined
  frameId: string
  waiting: Done[]
  timer: NodeJS.Timeout
}

/**
 * Merges the appends of one connection. The first append to a message leaves at once. Those that follow within the window
 * leave at its end, as one append with the version of the last.
 */
export class Rollup {
  readonly #window: number
  readonly #publish: Publish
  readonly #windows = new Map<string, Window>()

  constructor(window: number, publish: Publish) {
    this.#window = window
    this.#publish = publish
  }

  append(channel: Channel, input: MessageInput, frameId: string, done: Done): void {
    if (this.#window === 0) return this.#release(channel, input, frameId, [done])
    const key = `${input.serial} ${channel.name}`
    const open = this.#windows.get(key)
    if (!open) {
      this.#open(key, channel)
      return this.#release(channel, input, frameId, [done])
    }
    try {
      open.pending = open.pending ? mergeAppends(open.pending, input) : input
      open.frameId = frameId
      open.waiting.push(done)
    } catch (error) {
      done({ error })
    }
  }

  /** Publishes pending appends of one channel or all, so that later publishes follow them. */
  flush(channel?: Channel): void {
    for (const [key, window] of this.#windows) {
      if (channel && window.channel !== channel) continue
      clearTimeout(window.timer)
      this.#windows.delete(key)
      this.#drain(window)
    }
  }

  #open(key: string, channel: Channel): void {
    const timer = setTimeout(() => {
      const window = this.#windows.get(key)!
      this.#windows.delete(key)
      if (!window.pending) return
      this.#open(key, channel)
      this.#drain(window)
    }, this.#window)
    timer.unref()
    this.#windows.set(key, { channel, pending: undefined, frameId: '', waiting: [], timer })
  }

  #drain(window: Window): void {
    const { channel, pending, frameId, waiting } = window
    if (pending) this.#release(channel, pending, frameId, waiting)
  }

  #release(channel: Channel, input: MessageInput, frameId: string, waiting: Done[]): void {
    try {
      const serial = this.#publish(channel, input, frameId)
      for (const [i, done] of waiting.entries()) done({ serial, merged: i < waiting.length - 1 })
    } catch (error) {
      for (const done of waiting) done({ error })
    }
  }
}
