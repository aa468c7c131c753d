import type { MessageRef } from '../types/types.ts'
import type { Conversation } from './conversation.ts'
import { keyOf } from './lines.ts'
import type { KnownPrompt } from './reduce.ts'
import type { Response } from './response.ts'
import { Span } from './span.ts'

/** Forgets lines, as if they had not been read. Returns which messages of the channel they were made of. */
export function letGo(conversation: Conversation, lines: readonly MessageRef[]): Span {
  const { roster, structure, rows } = conversation
  const span = new Span()
  const gone = new Set<Response>()
  for (const { id, role } of lines) {
    const prompt = role === 'user' ? structure.prompts.get(id) : undefined
    const response = role === 'user' ? undefined : roster.known(id)
    if (prompt) letGoPrompt(conversation, prompt, span)
    else if (response) gone.add(response)
    else rows?.letGo(id)
  }
  for (const response of gone) {
    span.add(response.begun, response.newest, response.heardAt)
    conversation.replies?.letGo(response)
    conversation.maybeIncomplete.delete(response)
    conversation.maybeOpen.delete(response)
    roster.rivals.delete(response.id)
  }
  for (const known of [roster.responses, roster.serials, roster.aliases, roster.byToolCall])
    for (const [key, response] of known) if (gone.has(response)) known.delete(key)
  roster.recent = undefined
  removeLines(conversation, lines)
  return span
}

function letGoPrompt({ prompts }: Conversation, { told, heard }: KnownPrompt, span: Span): void {
  const { id, serial, createdAt } = told
  const said = prompts.said.get(id)
  prompts.said.delete(id)
  prompts.heard.delete(id)
  prompts.texts?.letGo(told)
  if (heard) span.add(serial, serial, createdAt)
  if (said) span.add(serial, said.serial, said.timestamp)
}

function removeLines(conversation: Conversation, lines: readonly MessageRef[]): void {
  const { structure } = conversation
  const { entries, queue, prompts, fates } = structure
  const keys = new Map(lines.map((line) => [keyOf(line), undefined]))
  const ids = new Map(lines.filter(({ role }) => role === 'user').map(({ id }) => [id, undefined]))
  conversation.structure = {
    entries: entries.with(keys),
    queue: queue.with(keys),
    prompts: prompts.with(ids),
    fates: fates.with(ids),
  }
}

/** Whether a response is not over, or something of it is about to be published or read. */
export function isBusy({ roster }: Conversation, id: string): boolean {
  const response = roster.known(id)
  if (!response || response.row?.complete) return response?.touched !== undefined
  const { open, touched, needsPast, snapshot } = response
  // A stream without ids has one response, for good.
  const isWanted = open || touched !== undefined || id === roster.continuousId
  return isWanted || (snapshot?.hasGap === true && needsPast)
}
