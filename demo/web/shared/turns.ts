import type { MessageRef } from '@rejoin/core'
import { countVersions, versionOf } from '../../shared/versions.ts'

export interface Turn extends MessageRef {
  /** Of a prompt: which of how many versions is shown. */
  version?: number
  versions?: number
}

/** Which version of a prompt somebody wants to see; the newest where nothing is said. */
export type Chosen = Readonly<Record<string, number | undefined>>

/** The conversation without what an edit or another try has replaced. */
export function turnsOf(
  messages: readonly MessageRef[],
  promptOf: (responseId: string) => string | undefined,
  chosen: Chosen,
): Turn[] {
  const counts = countVersions(messages.filter(({ role }) => role === 'user').map(({ id }) => id))
  const turns: Turn[] = []
  for (const message of messages) {
    const prompt = message.role === 'user' ? message.id : promptOf(message.id)
    if (prompt === undefined) {
      turns.push(message)
      continue
    }
    const { root, version } = versionOf(prompt)
    const versions = counts.get(root) ?? version
    if (version !== (chosen[root] ?? versions)) continue
    turns.push(message.role === 'user' && versions > 1 ? { ...message, version, versions } : message)
  }
  return turns
}
