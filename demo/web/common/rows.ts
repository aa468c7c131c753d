import type { Branch, Turn } from '@rejoin/core'

/** A line of the conversation. Versions of a prompt, or of an answer, share a key: one row shows them in turn. */
export interface RowRef {
  key: string
  role: 'user' | 'assistant'
  id: string
  branch: Branch | undefined
  /** Of a prompt whose answer has not begun: the answers before it. */
  answers?: Branch | undefined
}

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
