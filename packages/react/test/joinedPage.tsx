import { createSession } from '@rejoin/core'
import { Realtime } from 'ably'
import type { ClientOptions } from 'ably'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Tab } from './joinedTab.tsx'

export interface JoinedPage {
  /** Every list that the tab has shown, in order. */
  readonly shown: readonly (readonly string[])[]
  /** A new component, and so a new chat, on the same session. */
  remount(): void
}

/** A tab in StrictMode, on a session of its own. */
export async function openTab(
  name: string,
  channelName: string,
  options: ClientOptions,
): Promise<JoinedPage> {
  const session = createSession({ client: new Realtime({ ...options, clientId: name }), channelName })
  await session.ready
  const root = createRoot(document.body.appendChild(document.createElement('div')))
  const shown: string[][] = []
  new MutationObserver(() => {
    shown.push(Array.from(document.querySelectorAll('li'), (row) => row.textContent ?? ''))
  }).observe(document.body, { childList: true, subtree: true, characterData: true })
  let key = 0
  const remount = (): void =>
    root.render(
      <StrictMode key={++key}>
        <Tab session={session} name={name} />
      </StrictMode>,
    )
  remount()
  return { shown, remount }
}
