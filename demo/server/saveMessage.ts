import type { Row } from '@rejoin/core'
import { cleanText, isPermanent } from '@rejoin/postgres'
import type { Saved } from '../common/link.ts'
import { codeOf, messageOf } from './problem.ts'
import type { Store } from './store.ts'

/** SQLSTATE: the row refers to one that is gone. */
const FOREIGN_KEY = '23503'

/**
 * Writes a message for the agent. Rejects only when another try may succeed: what can never be stored (a conversation
 * that was deleted, an id that is taken) is an answer, not an error.
 */
export async function saveMessage(store: Store, conversationId: string, row: Row): Promise<Saved> {
  try {
    await store.messages.save(conversationId, row)
    // The first prompt names its conversation.
    const title = row.role === 'user' ? titleOf(row.text ?? '') : undefined
    await store.touchConversation(conversationId, title)
    return {}
  } catch (error) {
    if (!isPermanent(error)) throw error
    return { refused: codeOf(error) === FOREIGN_KEY ? 'its conversation was deleted' : messageOf(error) }
  }
}

function titleOf(text: string): string {
  const line = text.slice(0, 1000).replace(/\s+/g, ' ').trim()
  return cleanText(line.slice(0, 80))
}
