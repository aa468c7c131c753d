import { createApp } from 'vue'
import { createSession, seed } from '@rejoin/core'
import { RejoinPlugin } from '@rejoin/vue'
import { Realtime } from '../common/realtime.ts'
import { startShell } from '../common/shell/shell.ts'
import { stageKey } from './stage.ts'
import ChatPage from './ChatPage.vue'

void startShell(
  (element, stage) => {
    const app = createApp(ChatPage)
    app.use(RejoinPlugin, { session: stage.connection.session })
    app.provide(stageKey, stage)
    app.mount(element)
    return () => app.unmount()
  },
  { Realtime, createSession, seed },
)
