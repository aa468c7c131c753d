import { createHmac, timingSafeEqual } from 'node:crypto'
import { Rest, type ClientOptions } from 'ably'
import { SignJWT } from 'jose'
import { messageOf } from './problem.ts'
import { channelOf, type Conversation, type User } from './store.ts'

/** Seconds. Short: a token that leaks is soon worthless; the SDK renews it before it ends. */
export const tokenTtl = 5 * 60

/** Messages per second that one attachment may publish: enough for a long prompt in pieces, too few for a flood. */
const publishRate = 20

/** May read and write one conversation, and nothing else: no updates, no deletes, no other channel. */
const capability = (channel: string) => ({ [channel]: ['subscribe', 'history', 'publish', 'presence'] })

/** Ably's code for a key whose tokens cannot be revoked. */
const NOT_REVOCABLE = 40163

/** What to revoke: the tokens of one session, or those for one channel. */
export type Revoked = { session: string } | { channel: string }

/** Signs tokens for browsers, which never see the key itself, and takes them back. */
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

  /** `session` names the sign-in that the token belongs to, for `revoke`. */
  async sign(user: User, conversation: Conversation, session: string): Promise<string> {
    const channel = channelOf(conversation)
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({
      'x-ably-clientId': user.id,
      'x-ably-capability': JSON.stringify(capability(channel)),
      'x-ably-revocation-key': session,
      [`ably.limits.publish.perAttachment.maxRate.${channel}`]: publishRate,
      // Ably puts this on every message of the user as `extras.userClaim`, and the agent can believe it.
      [`ably.channel.${channel}`]: JSON.stringify({ role: 'owner', name: user.name }),
    })
      .setProtectedHeader({ typ: 'JWT', alg: 'HS256', kid: this.#keyName })
      .setIssuedAt(now)
      .setExpirationTime(now + tokenTtl)
      .sign(this.#secret)
  }

  /** Whose a token is, if we signed it. Whether it still works is for Ably to say. */
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
   * Ends tokens and the connections they opened. Returns false where Ably cannot: without "revocable tokens" on the
   * key, or out of reach, they live on for `tokenTtl` at most.
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
          `tokens: unable to revoke; ${messageOf(error)}. Tokens end by themselves within ${tokenTtl / 60} minutes${unable ? '. Enable "revocable tokens" for the API key to end them at once' : ''}`,
        )
      this.#told ||= unable
      return false
    }
  }
}
