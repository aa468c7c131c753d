import type { Session } from '@rejoin/core'
import type { Conversation } from './api.ts'

/** What a conversation is called: after its first prompt, as soon as there is one. */
export function titleOf({ title }: Conversation, session: Session): string {
  if (title !== '') return title
  const first = session.getSnapshot().messages.find(({ role }) => role === 'user')
  return (first && session.getPrompt(first.id)?.text) || 'New conversation'
}
