import { createApp } from 'vue'
import { createSession, seed } from '@rejoin/core'
import { RejoinPlugin } from '@rejoin/vue'
import { Realtime } from 'ably'
import { startShell } from '../common/shell/shell.ts'
import { stageKey } from './stage.ts'
import ChatThread from './ChatThread.vue'

void startShell(
  (element, stage) => {
    const app = createApp(ChatThread)
    app.use(RejoinPlugin, { session: stage.connection.session })
    app.provide(stageKey, stage)
    app.mount(element)
    return () => app.unmount()
  },
  { Realtime, createSession, seed },
)
