import { allows, covers, type Capability, type Operation, baseChannelName } from './capability.ts'
import { AblyError } from '../wire/errors.ts'
import type { App } from '../app.ts'

/** The identity and the rights that credentials grant. */
export interface Grant {
  app: App
  keyName: string
  kind: 'key' | 'token'
  capability: Capability
  /** A client id; `*` for any; undefined for none. */
  clientId: string | undefined
  issued: number
  /** When the token expires, in milliseconds; undefined for a key. */
  expires: number | undefined
  /** `ably.channel.*` claims of a JWT, by channel pattern. */
  channelClaims: Record<string, string>
  /** `ably.limits.publish.perAttachment.maxRate.*` claims of a JWT. */
  channelRates: Record<string, number>
  revocationKey: string | undefined
}

/** Refuses unless the grant allows one of the operations on the channel. */
export function requireCapability(grant: Grant, channelName: string, ...wanted: Operation[]): void {
  if (allows(grant.capability, channelName, ...wanted)) return
  throw new AblyError(
    40160,
    401,
    `unable to ${wanted[0]!.replaceAll('-', ' ')} on channel ${channelName}; the capability of key ${grant.keyName} denies it`,
  )
}

/** The most specific claim that covers a channel. */
function claimFor<T>(claims: Record<string, T>, channelName: string): T | undefined {
  const name = baseChannelName(channelName)
  const patterns = Object.keys(claims).filter((pattern) => covers(pattern, name))
  patterns.sort((a, b) => Number(a.includes('*')) - Number(b.includes('*')) || b.length - a.length)
  return patterns.length > 0 ? claims[patterns[0]!] : undefined
}

export const userClaimFor = (grant: Grant, channelName: string): string | undefined =>
  claimFor(grant.channelClaims, channelName)

export const rateFor = (grant: Grant, channelName: string): number | undefined =>
  claimFor(grant.channelRates, channelName)

/** The client id of a publish, given the one that the client wrote. */
export function identify(clientId: string | undefined, written: string | undefined): string | undefined {
  if (written === undefined || written === '') return clientId === '*' ? undefined : clientId
  if (written === '*')
    throw new AblyError(40012, 400, 'unable to use clientId "*"; it stands for any client, name one')
  if (clientId === '*' || clientId === written) return written
  throw new AblyError(
    40012,
    400,
    `unable to act as clientId ${JSON.stringify(written)}; the connection is ${clientId === undefined ? 'not identified' : JSON.stringify(clientId)}`,
  )
}
