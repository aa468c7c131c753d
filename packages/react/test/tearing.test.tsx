import type { Session } from '@rejoin/core'
import type { ReactNode } from 'react'
import { startTransition, useContext, useEffect, useLayoutEffect, useReducer, useState } from 'react'
import { createContext } from 'react'
import { createRoot } from 'react-dom/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until, Wire } from '../../core/test/wire/wire.ts'
import { SessionProvider, useResponse } from '../src/index.ts'

const ROWS = 12

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterAll(() => wire.close())

/** As one would read a session without `useSyncExternalStore`. */
const Naive = createContext<Session | undefined>(undefined)
function useNaively(id: string): string | undefined {
  const session = useContext(Naive)!
  const [, update] = useReducer((count: number) => count + 1, 0)
  useEffect(() => session.subscribeResponse(id, update), [session, id])
  return session.getResponse(id)?.text
}

/**
 * Renders rows that take so long that React lets other work in between, publishes new text meanwhile, and returns
 * the texts of each commit.
 */
async function commits(useText: (id: string) => string | undefined): Promise<(string | null)[][]> {
  let flush: (() => void) | undefined
  const schedule = (due: () => void) => {
    flush = due
    return () => (flush = undefined)
  }
  const name = wire.channelName()
  const agent = wire.client({ clientId: 'agent' }).channels.get(name)
  const session = wire.session(name, { schedule })
  await session.ready
  const publish = (data: string) =>
    agent.publish({ name: 'token', data, extras: { headers: { responseId: 'a' } } })
  await publish('One')
  await until('the first', () => (flush?.(), session.getResponse('a')))
  flush = undefined
  await publish(' two')
  await until('the second', () => flush)

  const seen: (string | null)[][] = []
  const container = document.body.appendChild(document.createElement('div'))
  function Row({ index }: { index: number }): ReactNode {
    const text = useText('a')
    const end = performance.now() + 8
    while (performance.now() < end);
    if (index === 2)
      setTimeout(() => {
        flush?.()
        flush = undefined
      })
    return <p>{text}</p>
  }
  function Rows(): ReactNode {
    useLayoutEffect(() => {
      seen.push([...container.querySelectorAll('p')].map((p) => p.textContent))
    })
    return Array.from({ length: ROWS }, (_, index) => <Row key={index} index={index} />)
  }
  let show: (shown: boolean) => void = () => {}
  let rendered = false
  function App(): ReactNode {
    const [shown, setShown] = useState(false)
    show = setShown
    useLayoutEffect(() => {
      rendered = true
    })
    return shown && <Rows />
  }
  const root = createRoot(container)
  root.render(
    <Naive.Provider value={session}>
      <SessionProvider session={session}>
        <App />
      </SessionProvider>
    </Naive.Provider>,
  )
  await until('the page', () => rendered)
  startTransition(() => show(true))
  await until('the rows', () => seen.length && seen.at(-1)!.at(-1) === 'One two')
  root.unmount()
  return seen
}

test('concurrent rendering: all rows of a commit show the same text', async () => {
  const seen = await commits((id) => useResponse(id)?.text)
  for (const texts of seen) expect(new Set(texts).size).toBe(1)
})

test('the test above would notice', async () => {
  const seen = await commits(useNaively)
  expect(seen.some((texts) => new Set(texts).size > 1)).toBe(true)
})
