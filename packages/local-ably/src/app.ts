import { readCapability, type Capability } from './auth/capability.ts'
import { Channel } from './channel/channel.ts'
import type { Context } from './context.ts'
import { AblyError, badChannelName } from './wire/errors.ts'
import type { Message } from './channel/message.ts'
import type { Namespace } from './settings.ts'
import { Stats } from './rest/stats.ts'
import { createWebhook, type Webhook, type WebhookRule } from './webhooks/rule.ts'

export interface Key {
  /** `appId.keyId` */
  name: string
  secret: string
  capability: Capability
  revocableTokens: boolean
}

/** One app: its keys, channel rules and channels. Apps do not see each other. */
export class App {
  readonly id: string
  readonly keys = new Map<string, Key>()
  /** Channel rules; undefined allows everything. */
  readonly namespaces: ReadonlyMap<string, Namespace> | undefined
  readonly channels = new Map<string, Channel>()
  readonly context: Context
  readonly stats = new Stats()
  maxPresenceMembers: number
  /** Used nonces of token requests, with the time until which they are remembered. */
  readonly nonces = new Map<string, number>()
  onChange: ((channel: Channel, message: Message) => void) | undefined
  readonly #webhooks: Webhook[] = []
  readonly #fallback: Namespace

  constructor(id: string, context: Context, namespaces: readonly Namespace[] | undefined) {
    this.id = id
    this.context = context
    this.maxPresenceMembers = context.settings.limits.presenceMembers
    this.namespaces = namespaces && new Map(namespaces.map((namespace) => [namespace.id, namespace]))
    // Without rules, allow everything. With rules, refuse what the service would refuse.
    this.#fallback = this.namespaces?.get('*') ?? { id: '*', mutableMessages: namespaces === undefined }
  }

  addKey(name: string, secret: string, capability: unknown, revocableTokens = false): Key {
    const key: Key = { name, secret, capability: readCapability(capability), revocableTokens }
    this.keys.set(name, key)
    return key
  }

  addWebhook(rule: WebhookRule): void {
    this.#webhooks.push(createWebhook(rule, this, this.context.log))
  }

  /** Stops the webhooks. */
  close(): void {
    for (const webhook of this.#webhooks) webhook.close()
  }

  /** Returns the channel of this name, and makes it if needed. */
  channel(name: string): Channel {
    let channel = this.channels.get(name)
    if (!channel) {
      checkChannelName(name)
      const limit = this.context.settings.limits.channels
      if (this.channels.size >= limit) {
        throw new AblyError(
          90021,
          400,
          `unable to use channel ${name}; the app has reached its limit of ${limit} channels`,
        )
      }
      const made = (channel = new Channel(name, this.rulesFor(name), this.context))
      made.onChange = (message) => this.onChange?.(made, message)
      const webhooks = this.#webhooks.filter((webhook) => webhook.matches(name))
      if (webhooks.length > 0) {
        made.onMessages = (messages, serial) => {
          for (const webhook of webhooks) webhook.push(name, serial, messages)
        }
      }
      this.channels.set(name, made)
    }
    return channel
  }

  /** Returns the channel of this name for reading. An unused channel is empty, and is not kept. */
  reading(name: string): Channel {
    return this.channels.get(name) ?? new Channel(name, this.rulesFor(name), this.context)
  }

  /** The rule for a channel, found by the name up to the first colon. */
  rulesFor(name: string): Namespace {
    const end = name.indexOf(':')
    return this.namespaces?.get(end < 0 ? name : name.slice(0, end)) ?? this.#fallback
  }

  /** Drops messages past their retention, and idle channels. */
  expire(now: number): void {
    const { recent } = this.context.settings.retention
    for (const channel of this.channels.values()) {
      channel.expire(now)
      if (channel.idle && channel.lastUsed < now - recent) {
        channel.clear()
        this.channels.delete(channel.name)
      }
    }
    for (const [nonce, until] of this.nonces) if (until < now) this.nonces.delete(nonce)
  }
}

const longestName = 2048

/** Names may not be empty, be longer than 2048 characters, start like a qualifier or separator, or hold line breaks. */
export function checkChannelName(name: string): void {
  if (name === '' || name.length > longestName || /^[:,[\s]/.test(name) || /[\r\n]/.test(name)) {
    const kind = /^\[(meta|queue)\]/.exec(name)?.[1]
    if (kind === undefined) throw badChannelName(name.slice(0, 100))
    const missing = kind === 'meta' ? 'metachannels' : 'queues'
    throw new AblyError(
      40010,
      400,
      `unable to use channel ${name.slice(0, 100)}; local-ably does not have ${missing}`,
    )
  }
}
