import { SessionProvider, useMessages, useResponse } from '@rejoin/react'
import { createElement, memo } from 'react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import type { Conversation } from './reader.ts'
import type { Renders } from './rendered.ts'

/** React flushes what a store announces in a microtask, and the rest in a task of its own. */
export const settled = () => new Promise((resolve) => setImmediate(resolve))

export function mount({ session }: Pick<Conversation, 'session'>, root: HTMLElement, renders: Renders): void {
  const Row = memo(function Row({ id }: { id: string }) {
    renders.rows++
    return createElement('p', null, useResponse(id)?.text)
  })
  function List(): ReactNode {
    renders.list++
    return useMessages().map(({ id }) => createElement(Row, { key: id, id }))
  }
  createRoot(root).render(createElement(SessionProvider, { session }, createElement(List)))
}
