import type { Branch, SessionState, Turn } from '@rejoin/core'

/** A line of the conversation. Versions of a prompt, or of an answer, share a key: one row shows them in turn. */
export interface RowRef {
  key: string
  role: 'user' | 'assistant'
  id: string
  branch: Branch | undefined
  /** For a prompt whose new answer has not begun: its earlier answers. */
  answers?: Branch | undefined
}

/**
 * Returns a function that gives the rows to show. Rows of the database show at once, before there is a connection; live
 * text that comes while the past is being read waits for its beginning.
 */
export function firstRows(): (turns: readonly Turn[], ready: boolean, status: Status) => RowRef[] {
  let rows: RowRef[] = []
  return (turns, ready, status) => {
    if (ready || status === 'connecting') rows = rowsOf(turns)
    return rows
  }
}

type Status = SessionState['status']

export function rowsOf(turns: readonly Turn[]): RowRef[] {
  return turns.flatMap(({ id, promptId, responseIds, promptVersions, answerVersions }) => {
    const place = promptVersions?.versions[0] ?? id
    const rows: RowRef[] = responseIds.map((responseId, at) => ({
      // Two agents may answer one prompt, and some answers have none.
      key: promptId !== undefined && at === 0 ? `${place} answer` : responseId,
      role: 'assistant',
      id: responseId,
      branch: answerVersions,
    }))
    if (promptId === undefined) return rows
    const answers = responseIds.length === 0 ? answerVersions : undefined
    return [{ key: place, role: 'user', id: promptId, branch: promptVersions, answers }, ...rows]
  })
}
