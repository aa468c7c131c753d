import type { MessageRef, Session } from '@rejoin/core'

/** A message of the conversation that is shown; a prompt tells which of its versions it is. */
export interface Turn extends MessageRef {
  /** The first version of the prompt. */
  root?: string
  /** From 1. */
  version?: number
  versions?: number
}

/** Which version of a prompt, named by its first, a person wants to see; the newest where nothing is said. */
export type Chosen = Readonly<Record<string, number | undefined>>

interface Place {
  root: string
  version: number
  /** The prompt before it, as its asker saw the conversation. */
  parent: string | undefined
}

/** The conversation along one path: what follows a version of a prompt belongs to that version. */
export function turnsOf(
  messages: readonly MessageRef[],
  { getPrompt, getResponse }: Pick<Session, 'getPrompt' | 'getResponse'>,
  chosen: Chosen,
): Turn[] {
  const prompts = messages.filter(({ role }) => role === 'user')
  const places = placesOf(prompts.map(({ id }) => ({ id, replaces: getPrompt(id)?.replaces })))
  const counts = new Map<string, number>()
  for (const { root, version } of places.values()) counts.set(root, Math.max(version, counts.get(root) ?? 0))
  const shown = new Set<string>()
  for (const [id, { root, version, parent }] of places)
    if ((parent === undefined || shown.has(parent)) && version === (chosen[root] ?? counts.get(root)))
      shown.add(id)
  const turns: Turn[] = []
  for (const message of messages) {
    const prompt = message.role === 'user' ? message.id : getResponse(message.id)?.promptId
    const place = places.get(prompt ?? '')
    if (place && !shown.has(prompt!)) continue
    if (message.role === 'assistant' || !place) turns.push(message)
    else
      turns.push({ ...message, root: place.root, version: place.version, versions: counts.get(place.root)! })
  }
  return turns
}

/** Where each prompt stands, parents first. A prompt that is only known from what replaced it has a place too. */
function placesOf(prompts: readonly { id: string; replaces: string | undefined }[]): Map<string, Place> {
  const places = new Map<string, Place>()
  const counts = new Map<string, number>()
  let last: string | undefined
  const add = (id: string, root: string, parent: string | undefined) => {
    const version = (counts.get(root) ?? 0) + 1
    counts.set(root, version)
    places.set(id, { root, version, parent })
  }
  for (const { id, replaces } of prompts) {
    if (replaces === undefined) add(id, id, last)
    else {
      if (!places.has(replaces)) add(replaces, replaces, undefined)
      const { root, parent } = places.get(replaces)!
      add(id, root, parent)
    }
    last = id
  }
  return places
}
