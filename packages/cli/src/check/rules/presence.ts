import { Header } from '@rejoin/core/protocol'
import type { Rule } from './rule.ts'

/** Whether an agent that is not present says so (PROTOCOL.md §6.6). */
export const presence: Rule = ({ operations, strict, clientId, responseId }, { present, live }) => {
  if (!strict || !live || present.has(clientId ?? '')) return []
  const silent = operations.filter(
    ({ kind, headers }) => kind === 'create' && headers[Header.Presence] !== 'none',
  )
  if (silent.length === 0) return []
  return [
    {
      section: '6.6',
      severity: 'error',
      responseId,
      message: silent.length === 1 ? silent[0]!.name : `${silent.length} messages`,
      expected: 'header presence: none, or the agent present on the channel',
      got: 'neither',
      cause: 'an agent that has only REST cannot be present, and says so on every message',
    },
  ]
}
