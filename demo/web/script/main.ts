import { startShell } from '../common/shell/shell.ts'
import { startChat } from './chat.ts'

void startShell(startChat, {
  Realtime: Ably.Realtime,
  createSession: Rejoin.createSession,
  seed: Rejoin.seed,
})
