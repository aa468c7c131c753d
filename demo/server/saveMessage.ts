import type { Row } from '@rejoin/core'
import { cleanText, isPermanent } from '@rejoin/postgres'
import type { Saved } from '../common/link.ts'
import { codeOf, messageOf } from './problem.ts'
import type { Store } from './store.ts'

/** SQLSTATE of a foreign key violation. */
const FOREIGN_KEY = '23503'

/**
 * Stores a message for the agent. Rejects only if another attempt may succeed. A message that can never be stored (its
 * conversation was deleted, its id is taken) resolves with the reason.
 */
export async function saveMessage(store: Store, conversationId: string, row: Row): Promise<Saved> {
  try {
    await store.messages.save(conversationId, row)
    await store.touchConversation(conversationId, ...titleBy(row))
    return {}
  } catch (error) {
    if (!isPermanent(error)) throw error
    return { refused: codeOf(error) === FOREIGN_KEY ? 'its conversation was deleted' : messageOf(error) }
  }
}

/** The first prompt is the conversation's title, in its newest version; nothing stands before it. */
function titleBy(row: Row): [title?: string, isFirst?: boolean] {
  if (row.role !== 'user' || row.regenerate !== undefined) return []
  return [titleOf(row.text ?? ''), row.parent === null]
}

function titleOf(text: string): string {
  const line = text.slice(0, 1000).replace(/\s+/g, ' ').trim()
  return cleanText(line.slice(0, 80))
}
