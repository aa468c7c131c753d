/** A claim of one prompt, or the end of the claimed answer, in the channel's order. */
export interface ClaimMessage<Serial = string> {
  readonly kind: 'claim' | 'end'
  /** Id of the claim; an end has the id of its claim. */
  readonly id: string
  /** 0, or one more than the attempt of the claim that it replaces. */
  readonly attempt: number
  readonly serial: Serial
}

/**
 * Which claim of a prompt stands (PROTOCOL.md §6.10): the claim whose answer ended first; before any end, the claim
 * with the highest attempt, and among equals the first. Depends only on the set of messages, so all processes that have
 * them agree.
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

/** Whether a claim's answer has ended. */
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
