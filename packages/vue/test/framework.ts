import type { Session } from '@rejoin/core'
import type { Component } from 'vue'
import { createApp, createSSRApp, h, nextTick, shallowReactive } from 'vue'
import type { Framework, ViewName, ViewProps } from '../../core/test/bindings/host.ts'
import { RejoinPlugin, SessionProvider } from '../src/index.ts'
import { views } from './views.ts'

/** What is shown, changed from outside. */
interface Shown {
  props: ViewProps
  session: Session | undefined
}

export function root(view: ViewName, shown: Shown): Component {
  return () => {
    const element = h(views[view], { ...shown.props })
    return shown.session ? h(SessionProvider, { session: shown.session }, () => element) : element
  }
}

export const vue: Framework = {
  async mount(container, view, props, session, { html, onError }) {
    const shown = shallowReactive<Shown>({ props, session })
    const app = (html === undefined ? createApp : createSSRApp)(root(view, shown))
    app.config.errorHandler = onError
    // A whole app may have its session from the plugin; the provider above wins.
    if (session) app.use(RejoinPlugin, { session })
    app.mount(container)
    await nextTick()
    return {
      update: (nextProps, nextSession) => Object.assign(shown, { props: nextProps, session: nextSession }),
      unmount: () => app.unmount(),
    }
  },
}
