// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderToString } from 'react-dom/server'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ViewName, ViewProps } from '../../core/test/bindings/host.ts'
import { offline } from '../../core/test/bindings/run.ts'
import { Wire } from '../../core/test/wire/wire.ts'
import { useSession } from '../src/index.ts'
import { serve } from './serve.tsx'
import { views } from './views.tsx'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterAll(() => wire.close())

/** What a view needs, and no more. */
function propsOf(view: ViewName): ViewProps {
  if (view === 'Created' || view === 'FromRows') return { channel: 'c' }
  return ['Answer', 'Selected', 'Gaps', 'Parts'].includes(view) ? { id: 'a' } : {}
}

test('a server renders every view, without a connection, a subscription or a warning', async () => {
  const complain = vi.spyOn(console, 'error')
  const session = offline(wire)
  const subscribe = vi.spyOn(session, 'subscribe')
  const subscribeResponse = vi.spyOn(session, 'subscribeResponse')
  for (const view of Object.keys(views) as ViewName[])
    expect(await serve(view, propsOf(view), session), view).toContain('<')
  expect(subscribe).not.toHaveBeenCalled()
  expect(subscribeResponse).not.toHaveBeenCalled()
  expect(complain).not.toHaveBeenCalled()
})

test('a server that has a connected session renders the same as one that has not', async () => {
  const session = wire.session(wire.channelName())
  await session.ready
  expect(await serve('Status', {}, session)).toBe(await serve('Status', {}, offline(wire)))
})

test('a server does not wait for a session that it does not connect', async () => {
  expect(await serve('Suspended', {}, offline(wire))).toContain('<ol></ol>')
})

test('without a provider the error says what to do', () => {
  function Lost() {
    return useSession().status
  }
  expect(() => renderToString(<Lost />)).toThrow(
    'unable to find a session; put the component inside <SessionProvider',
  )
})

test('every module is for the client', () => {
  const folder = join(import.meta.dirname, '..', 'src')
  for (const file of readdirSync(folder))
    expect(readFileSync(join(folder, file), 'utf8'), file).toMatch(/^'use client'/)
})
