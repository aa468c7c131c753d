import type { RealtimeClient } from 'ably'

/**
 * The `clientId` on this client's messages; `undefined` for an anonymous client. A token for any `clientId` (`*`) names
 * none: its client publishes anonymously.
 */
export function ownId({ auth: { clientId } }: RealtimeClient): string | undefined {
  return clientId && clientId !== '*' ? clientId : undefined
}
