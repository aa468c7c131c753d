import { createElement, StrictMode, useEffect } from 'react'
import type { ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot, hydrateRoot } from 'react-dom/client'
import type { Session } from '@rejoin/core'
import type { Framework, ViewName, ViewProps } from '../../core/test/bindings/host.ts'
import { SessionProvider } from '../src/index.ts'
import { views } from './views.tsx'

export function tree(
  view: ViewName,
  props: ViewProps,
  session: Session | undefined,
  strict: boolean,
): ReactNode {
  const element = createElement(views[view], props)
  const provided = session ? <SessionProvider session={session}>{element}</SessionProvider> : element
  return strict ? <StrictMode>{provided}</StrictMode> : provided
}

export const react: Framework = {
  async mount(container, view, props, session, { strict, html, onError }) {
    const onRecoverableError = onError
    const first = tree(view, props, session, strict)
    let root: ReturnType<typeof createRoot>
    if (html === undefined) {
      root = createRoot(container, { onRecoverableError })
      flushSync(() => root.render(first))
    } else
      await new Promise<void>((resolve) => {
        root = hydrateRoot(container, <Done onDone={resolve}>{first}</Done>, { onRecoverableError })
      })
    return {
      update: (nextProps, nextSession) =>
        flushSync(() => root.render(tree(view, nextProps, nextSession, strict))),
      unmount: () => root.unmount(),
    }
  },
}

/** Tells when what is inside has been taken over. */
function Done({ children, onDone }: { children: ReactNode; onDone: () => void }): ReactNode {
  useEffect(onDone)
  return children
}
