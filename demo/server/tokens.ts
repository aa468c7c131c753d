import { SignJWT } from 'jose'
import { channelOf, type Conversation, type User } from './store.ts'

/** Seconds. Short: a token that leaks is soon worthless; the SDK renews it before it ends. */
export const tokenTtl = 5 * 60

/** May read and write one conversation, and nothing else: no updates, no deletes, no other channel. */
const capability = (channel: string) => ({ [channel]: ['subscribe', 'history', 'publish', 'presence'] })

/** Signs tokens for browsers, which never see the key itself. */
export class Tokens {
  readonly #keyName: string
  readonly #secret: Uint8Array

  constructor(key: string) {
    const colon = key.indexOf(':')
    this.#keyName = key.slice(0, colon)
    this.#secret = new TextEncoder().encode(key.slice(colon + 1))
  }

  async sign(user: User, conversation: Conversation, ttl = tokenTtl): Promise<string> {
    const channel = channelOf(conversation)
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({
      'x-ably-clientId': user.id,
      'x-ably-capability': JSON.stringify(capability(channel)),
      // Ably puts this on every message of the user as `extras.userClaim`, and the agent can believe it.
      [`ably.channel.${channel}`]: JSON.stringify({ role: 'owner', name: user.name }),
    })
      .setProtectedHeader({ typ: 'JWT', alg: 'HS256', kid: this.#keyName })
      .setIssuedAt(now)
      .setExpirationTime(now + ttl)
      .sign(this.#secret)
  }
}
