import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createSession, seed } from '@rejoin/core'
import { SessionProvider } from '@rejoin/react'
import { Realtime } from '../common/realtime.ts'
import { startShell } from '../common/shell/shell.ts'
import { Chat } from './Chat.tsx'
import { StageContext } from './stage.ts'

void startShell(
  (element, stage) => {
    const root = createRoot(element)
    root.render(
      <StrictMode>
        <StageContext value={stage}>
          <SessionProvider session={stage.connection.session}>
            <Chat />
          </SessionProvider>
        </StageContext>
      </StrictMode>,
    )
    return () => root.unmount()
  },
  { Realtime, createSession, seed },
)
