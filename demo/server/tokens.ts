import { createHmac, timingSafeEqual } from 'node:crypto'
import { Rest, type ClientOptions } from 'ably'
import { SignJWT } from 'jose'
import { messageOf } from './problem.ts'
import { channelOf, type Conversation, type User } from './store.ts'

/** How long a token is valid, in seconds: short, in case it leaks. The SDK renews it in time. */
export const tokenTtl = 5 * 60

/** Messages per second that one attachment may publish: enough for a long prompt in pieces, not for a flood. */
const publishRate = 20

/** Allows reading and writing one conversation: no updates, no deletes, no other channel. */
const capability = (channel: string) => ({ [channel]: ['subscribe', 'history', 'publish', 'presence'] })

/** Ably's error code for a key without revocable tokens. */
const NOT_REVOCABLE = 40163

/** The tokens to revoke: those of a session, or those for a channel. */
export type Revoked = { session: string } | { channel: string }

/** Signs tokens for browsers, which never see the key, and revokes them. */
export class Tokens {
  readonly #keyName: string
  readonly #secret: Uint8Array
  readonly #ably: Rest
  #told = false

  constructor(key: string, client: ClientOptions) {
    const colon = key.indexOf(':')
    this.#keyName = key.slice(0, colon)
    this.#secret = new TextEncoder().encode(key.slice(colon + 1))
    this.#ably = new Rest({ ...client, key, logLevel: 0 })
  }

  /** `session` names the session that the token belongs to, for `revoke`. */
  async sign(user: User, conversation: Conversation, session: string): Promise<string> {
    const channel = channelOf(conversation)
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({
      'x-ably-clientId': user.id,
      'x-ably-capability': JSON.stringify(capability(channel)),
      'x-ably-revocation-key': session,
      [`ably.limits.publish.perAttachment.maxRate.${channel}`]: publishRate,
      // Ably adds this to the user's messages as `extras.userClaim`; users cannot forge it.
      [`ably.channel.${channel}`]: JSON.stringify({ role: 'owner', name: user.name }),
    })
      .setProtectedHeader({ typ: 'JWT', alg: 'HS256', kid: this.#keyName })
      .setIssuedAt(now)
      .setExpirationTime(now + tokenTtl)
      .sign(this.#secret)
  }

  /** The client of a token that this server signed. The token may have expired; Ably checks that. */
  clientOf(token: string): string | undefined {
    const [head, body, signature, ...more] = token.split('.')
    if (head === undefined || body === undefined || signature === undefined || more.length > 0)
      return undefined
    const expected = createHmac('sha256', this.#secret).update(`${head}.${body}`).digest()
    const given = Buffer.from(signature, 'base64url')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
    return String(claims['x-ably-clientId'])
  }

  /**
   * Revokes tokens and closes their connections. Returns false if that failed, for example because the key has no
   * "revocable tokens": the tokens then stay valid for at most `tokenTtl`.
   */
  async revoke(what: Revoked): Promise<boolean> {
    const target =
      'session' in what
        ? { type: 'revocationKey', value: what.session }
        : { type: 'channel', value: what.channel }
    try {
      const { failureCount } = await this.#ably.auth.revokeTokens([target])
      return failureCount === 0
    } catch (error) {
      const unable = (error as { code?: number }).code === NOT_REVOCABLE
      if (!unable || !this.#told)
        console.error(
          `tokens: unable to revoke tokens; ${messageOf(error)}. They expire within ${tokenTtl / 60} minutes${unable ? '. Enable "revocable tokens" for the API key to revoke them at once' : ''}`,
        )
      this.#told ||= unable
      return false
    }
  }
}
