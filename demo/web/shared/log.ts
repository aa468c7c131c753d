import type { Connection } from './connect.ts'
import { describeGap } from './gaps.ts'

/** Something that happened to the stream, in words. */
export interface LogEntry {
  id: number
  at: number
  kind: 'gap' | 'healed' | 'discontinuity' | 'finish' | 'error' | 'connection'
  text: string
}

/** Characters filled in, by response. */
export type Filled = Readonly<Record<string, number | undefined>>

interface Listeners {
  onEntry(entry: LogEntry): void
  onFilled(responseId: string, missing: number): void
}

let ids = 0

/** Tells what happens to a session, in words. Returns how to stop. */
export function watch({ session, client }: Connection, { onEntry, onFilled }: Listeners): () => void {
  const tell = (kind: LogEntry['kind'], text: string) => onEntry({ id: ++ids, at: Date.now(), kind, text })
  /** Missing characters of the gaps that are open, by response. */
  const missing = new Map<string, number>()
  let connected = client.connection.state === 'connected'

  const onConnection = ({ current }: { current: string }) => {
    if (current === 'connected' && !connected) tell('connection', 'Connected.')
    if (current !== 'connected' && connected) tell('connection', 'Connection lost.')
    if (current === 'suspended') tell('connection', 'The server has forgotten this connection; the past will be read again.')
    connected = current === 'connected'
  }
  client.connection.on(onConnection)

  const stops = [
    session.on('gap', ({ responseId, gaps }) => {
      const known = gaps.reduce((sum, gap) => sum + (gap.missing ?? 0), 0)
      missing.set(responseId, known)
      tell('gap', `A hole in the answer: ${describeGap(known || undefined)}.`)
    }),
    session.on('healed', ({ responseId }) => {
      onFilled(responseId, missing.get(responseId) ?? 0)
      missing.delete(responseId)
      tell('healed', 'The full text came: the hole is filled.')
    }),
    session.on('discontinuity', () => tell('discontinuity', 'Messages may have been missed: reading the past again.')),
    session.on('finish', ({ response, isAbort, isError }) =>
      tell('finish', isAbort ? 'The answer was stopped.' : isError ? 'The agent failed.' : `The answer is complete: ${response.text.length.toLocaleString('en')} characters.`),
    ),
    session.on('error', (error) => tell('error', error.message)),
  ]
  return () => {
    client.connection.off(onConnection)
    for (const stop of stops) stop()
  }
}
