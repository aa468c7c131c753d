import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import type { Session } from '@rejoin/core'
import type { ViewName, ViewProps } from '../../core/test/bindings/host.ts'
import { root } from './framework.ts'

/** What a server sends for a view. */
export async function serve(view: ViewName, props: ViewProps, session: Session | undefined): Promise<string> {
  return renderToString(createSSRApp(root(view, { props, session })))
}
