// @vitest-environment node
import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ViewName, ViewProps } from '../../core/test/bindings/host.ts'
import { offline } from '../../core/test/bindings/run.ts'
import { Wire } from '../../core/test/wire/wire.ts'
import { useSession } from '../src/index.ts'
import { serve } from './serve.ts'
import { views } from './views.ts'

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
  const complain = vi.spyOn(console, 'warn')
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

test('without a provider the error says what to do', async () => {
  const app = createSSRApp({ setup: () => (useSession(), () => null) })
  app.config.warnHandler = () => {}
  await expect(renderToString(app)).rejects.toThrow(
    'unable to find a session; use SessionProvider or RejoinPlugin',
  )
})
