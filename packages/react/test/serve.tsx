import { renderToString } from 'react-dom/server'
import type { Session } from '@rejoin/core'
import type { ViewName, ViewProps } from '../../core/test/bindings/host.ts'
import { tree } from './framework.tsx'

/** What a server sends for a view. */
export async function serve(view: ViewName, props: ViewProps, session: Session | undefined): Promise<string> {
  return renderToString(tree(view, props, session, false))
}
