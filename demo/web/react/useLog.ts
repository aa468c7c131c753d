import { useEffect, useState } from 'react'
import type { Connection } from '../shared/connect.ts'
import { watch, type Filled, type LogEntry } from '../shared/log.ts'

/** What happened to the stream, and how much was filled in where. */
export function useLog(connection: Connection) {
  const [log, setLog] = useState<readonly LogEntry[]>([])
  const [filled, setFilled] = useState<Filled>({})
  useEffect(
    () =>
      watch(connection, {
        onEntry: (entry) => setLog((before) => [entry, ...before].slice(0, 30)),
        onFilled: (id, missing) => setFilled((before) => ({ ...before, [id]: (before[id] ?? 0) + missing })),
      }),
    [connection],
  )
  return { log, filled }
}
