import type { ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countFollowers } from '../../core/test/bindings/following.ts'
import { Wire } from '../../core/test/wire/wire.ts'
import { SessionProvider, useResponse } from '../src/index.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterAll(() => wire.close())

function Answer({ id }: { id?: string }): ReactNode {
  return <p>{useResponse(id)?.text}</p>
}

test('a row follows the list only while it shows the newest response', async () => {
  const session = wire.session(wire.channelName())
  await session.ready
  const following = countFollowers(session)
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  const show = (id?: string) =>
    flushSync(() =>
      root.render(
        <SessionProvider session={session}>
          <Answer id={id} />
        </SessionProvider>,
      ),
    )
  show('a')
  expect(following()).toBe(0)
  show()
  expect(following()).toBe(1)
  show('a')
  expect(following()).toBe(0)
  flushSync(() => root.unmount())
  expect(following()).toBe(0)
})
