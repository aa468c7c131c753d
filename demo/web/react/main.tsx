import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createSession, seed } from '@rejoin/core'
import { SessionProvider } from '@rejoin/react'
import { Realtime } from 'ably'
import { startShell } from '../common/shell/shell.ts'
import { StageContext } from './stage.ts'
import { Thread } from './Thread.tsx'

void startShell(
  (element, stage) => {
    const root = createRoot(element)
    root.render(
      <StrictMode>
        <StageContext value={stage}>
          <SessionProvider session={stage.connection.session}>
            <Thread />
          </SessionProvider>
        </StageContext>
      </StrictMode>,
    )
    return () => root.unmount()
  },
  { Realtime, createSession, seed },
)
