/** A claim of one prompt, or the end of the answer that was claimed, as the channel orders them. */
export interface ClaimMessage<Serial = string> {
  readonly kind: 'claim' | 'end'
  /** Names the claim; an end names the one that it belongs to. */
  readonly id: string
  /** 0, or one more than that of the claim that it takes over from. */
  readonly attempt: number
  readonly serial: Serial
}

/**
 * Which claim of a prompt stands (PROTOCOL.md §6.10): the one whose answer ended first; until one has, the highest
 * attempt, and of those the first. A function of the set of messages: every process that has them all agrees.
 */
export function standing<Message extends ClaimMessage<string | number>>(
  messages: readonly Message[],
): Message | undefined {
  const claims = new Map<string, Message>()
  for (const message of messages) if (message.kind === 'claim') claims.set(message.id, message)
  const ends = messages.filter(({ kind, id }) => kind === 'end' && claims.has(id))
  const end = first(ends)
  if (end) return claims.get(end.id)
  const all = [...claims.values()]
  const attempt = Math.max(...all.map((claim) => claim.attempt))
  return first(all.filter((claim) => claim.attempt === attempt))
}

/** Whether the answer of a claim has ended. */
export function hasEnded(messages: readonly ClaimMessage<string | number>[], id: string): boolean {
  return messages.some((message) => message.kind === 'end' && message.id === id)
}

function first<Message extends ClaimMessage<string | number>>(
  messages: readonly Message[],
): Message | undefined {
  return messages.reduce<Message | undefined>(
    (least, one) => (!least || one.serial < least.serial ? one : least),
    undefined,
  )
}
