import type { MessageRef, Session } from '@rejoin/core'
import { versionsOf, type Version } from '../../common/versions.ts'

/** A message, and of a prompt: which of how many versions is shown. */
export type Turn = MessageRef & Partial<Version>

/** Which version of a prompt, named by its first, somebody wants to see; the newest where nothing is said. */
export type Chosen = Readonly<Record<string, number | undefined>>

/** The conversation without what an edit or another try has replaced. */
export function turnsOf(
  messages: readonly MessageRef[],
  { getPrompt, getResponse }: Pick<Session, 'getPrompt' | 'getResponse'>,
  chosen: Chosen,
): Turn[] {
  const prompts = messages.filter(({ role }) => role === 'user')
  const known = versionsOf(prompts.map(({ id }) => ({ id, replaces: getPrompt(id)?.replaces })))
  const turns: Turn[] = []
  for (const message of messages) {
    const prompt = message.role === 'user' ? message.id : getResponse(message.id)?.promptId
    const version = known.get(prompt ?? '')
    if (version && version.version !== (chosen[version.root] ?? version.versions)) continue
    turns.push(message.role === 'user' ? { ...message, ...version } : message)
  }
  return turns
}
