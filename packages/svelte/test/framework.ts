import { flushSync, hydrate, mount, unmount } from 'svelte'
import type { Framework } from '../../core/test/bindings/host.ts'
import { Shown } from './shown.svelte.ts'
import { views } from './views.ts'
import Root from './views/Root.svelte'

export const svelte: Framework = {
  mount(target, view, props, session, { html }) {
    const shown = new Shown(props, session)
    const root = (html === undefined ? mount : hydrate)(Root, { target, props: { View: views[view], shown } })
    flushSync()
    return {
      update(nextProps, nextSession) {
        shown.props = nextProps
        shown.session = nextSession
        flushSync()
      },
      unmount: () => void unmount(root),
    }
  },
}
