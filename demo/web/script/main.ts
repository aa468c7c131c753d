import { startShell } from '../common/shell/shell.ts'
import { Thread } from './thread.ts'

// No framework: a session, its getters and its subscriptions.
void startShell(
  (element, stage) => {
    const thread = new Thread(stage)
    element.append(thread.element)
    thread.focus()
    return () => thread.close()
  },
  { Realtime: Ably.Realtime, createSession: Rejoin.createSession, seed: Rejoin.seed },
)
