import type { ResponseRow } from '@rejoin/core'
import type { RealtimeChannel } from 'ably'
import { createElement, memo, useCallback, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'

/**
 * The texts of a channel, as little as React needs: strings that grow, and subscribers that are told once a frame. It
 * knows nothing of order, repeats, gaps, ends, history or who wrote.
 */
class Texts {
  ids: readonly string[]
  readonly #texts = new Map<string, string>()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #dirty = new Set<string>()

  constructor(rows: readonly ResponseRow[]) {
    this.ids = rows.map(({ id }) => id)
    for (const { id, text } of rows) this.#texts.set(id, text ?? '')
  }

  get(id: string): string | undefined {
    return this.#texts.get(id)
  }

  /** Those of the list subscribe to the id ''. */
  subscribe(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  add(id: string, text: string): void {
    const before = this.#texts.get(id)
    this.#texts.set(id, (before ?? '') + text)
    if (this.#dirty.size === 0) requestAnimationFrame(this.#tell)
    this.#dirty.add(id)
    if (before !== undefined) return
    this.ids = [...this.ids, id]
    this.#dirty.add('')
  }

  readonly #tell = (): void => {
    for (const id of this.#dirty) for (const listener of this.#listeners.get(id) ?? []) listener()
    this.#dirty.clear()
  }
}

/** The floor of whatever renders with React: the tree of the page that Rejoin fills, filled by as little as can be. */
export async function showReact(
  channel: RealtimeChannel,
  rows: readonly ResponseRow[],
  root: HTMLElement,
): Promise<void> {
  const texts = new Texts(rows)
  const subscribeList = (listener: () => void) => texts.subscribe('', listener)
  const Row = memo(function Row({ id }: { id: string }) {
    const subscribe = useCallback((listener: () => void) => texts.subscribe(id, listener), [id])
    const text = useSyncExternalStore(subscribe, () => texts.get(id))
    return createElement('p', { id }, text)
  })
  function List(): ReactNode {
    const ids = useSyncExternalStore(subscribeList, () => texts.ids)
    return ids.map((id) => createElement(Row, { key: id, id }))
  }
  await channel.subscribe('response', ({ data, extras }) => {
    const { responseId } = (extras as { headers: { responseId: string } }).headers
    texts.add(responseId, (data as string | undefined) ?? '')
  })
  createRoot(root).render(createElement(List))
}
