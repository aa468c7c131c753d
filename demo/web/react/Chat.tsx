import { useEffect, useState } from 'react'
import { SessionProvider } from '@rejoin/react'
import type { Config, Conversation } from '../shared/api.ts'
import { connect, type Connection } from '../shared/connect.ts'
import { BreakIt } from './BreakIt.tsx'
import { Thread } from './Thread.tsx'
import { useLog } from './useLog.ts'

interface Props {
  conversation: Conversation
  config: Config
  panelOpen: boolean
  problem: string | undefined
  onDrawer(drawer: 'list' | 'panel' | undefined): void
  onChanged(): void
}

/** One conversation: connected as long as it is on screen. */
export function Chat({ conversation, config, ...rest }: Props) {
  const [connection, setConnection] = useState<Connection>()
  useEffect(() => {
    const opened = connect(conversation, config)
    setConnection(opened)
    return () => opened.close()
    // A title that changes is no reason to connect again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [conversation.id, config])
  if (!connection) return <main className="main" />
  return (
    <SessionProvider session={connection.session}>
      <Connected conversation={conversation} config={config} connection={connection} {...rest} />
    </SessionProvider>
  )
}

function Connected({ conversation, config, connection, panelOpen, problem, onDrawer, onChanged }: Props & { connection: Connection }) {
  const { log, filled } = useLog(connection)
  return (
    <>
      <Thread
        conversation={conversation}
        config={config}
        connection={connection}
        filled={filled}
        problem={problem}
        onDrawer={onDrawer}
        onChanged={onChanged}
      />
      <BreakIt
        open={panelOpen}
        config={config}
        conversation={conversation.id}
        tab={connection.tab}
        log={log}
        onClose={() => onDrawer(undefined)}
      />
    </>
  )
}
