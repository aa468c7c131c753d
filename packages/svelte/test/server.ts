import type { Session } from '@rejoin/core'
import { render } from 'svelte/server'
import type { ViewName, ViewProps } from '../../core/test/bindings/host.ts'
import { views } from './views.ts'
import Root from './views/Root.svelte'

export function serve(view: ViewName, props: ViewProps, session: Session | undefined): string {
  return render(Root, { props: { View: views[view], shown: { props, session } } }).body
}
