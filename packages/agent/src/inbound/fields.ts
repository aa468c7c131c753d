import type { InboundMessage } from 'ably'

/** The sender of a message, as verified by Ably. */
export interface Who {
  readonly clientId: string | undefined
  /** The sender's role, from the claim `ably.channel.*` of the token. */
  readonly userClaim: string | undefined
}

export function senderOf(message: InboundMessage): Who {
  return { clientId: message.clientId, userClaim: userClaimOf(message) }
}

export function headersOf(message: InboundMessage): Record<string, string> {
  const headers: unknown = message.extras?.headers
  return typeof headers === 'object' && headers ? (headers as Record<string, string>) : {}
}

export function userClaimOf(message: InboundMessage): string | undefined {
  const claim: unknown = message.extras?.userClaim
  return typeof claim === 'string' ? claim : undefined
}

/** Agents and browsers without JSON encoding send objects as text. */
export function parsed(data: unknown): unknown {
  if (typeof data !== 'string' || !data.startsWith('{')) return data
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}
