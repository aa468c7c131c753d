import type { Capability } from './auth/capability.ts'
import { everything } from './auth/capability.ts'
import type { WebhookRule } from './webhooks/rule.ts'
import type { LogEvent } from './log.ts'

export interface KeyOption {
  /** `appId.keyId:secret` */
  key: string
  capability?: Capability
  revocableTokens?: boolean
}

/** A channel rule for channels named `id` and `id:…`. `*` covers channels without a rule of their own. */
export interface Namespace {
  id: string
  /** Keep messages for `retention.persisted` instead of `retention.recent`. */
  persisted?: boolean
  /** Keep the last message forever. */
  persistLast?: boolean
  /** Allow updates, deletes, appends and annotations; without it they are refused with 93002. */
  mutableMessages?: boolean
  /** Only identified clients may attach. */
  authenticated?: boolean
}

/** Rates, sizes and counts. The defaults protect the process; the service's values are named where they differ. */
export interface Limits {
  /** Frames per second that one connection may publish; beyond it NACK 42911. Default 20,000; the service: 50. */
  connectionRate?: number
  /** Bytes per second that one connection may publish; beyond it NACK 42911. Default 16 MiB. */
  connectionBytes?: number
  /** Messages per second that one channel takes; beyond it NACK 42913. Default 20,000; the service: 50. */
  channelRate?: number
  /** REST requests per second of one app; beyond it 429/42918. Default 20,000. */
  restRate?: number
  /** Connections at the same time, including those that wait to be resumed; beyond it 42915. Default 20,000. */
  connections?: number
  /** Channels of one app; beyond it 90021. Default 50,000. */
  channels?: number
  /** Bytes of one publish, including names, extras and client ids. Default 65,536. */
  messageSize?: number
  /** Bytes of one frame or request body. Default 524,288. */
  frameSize?: number
  /** Channels attached on one connection. Default 200; beyond it 90010. */
  channelsPerConnection?: number
  /** Members present on one channel. Default 200; beyond it 91003. */
  presenceMembers?: number
  /**
   * Bytes that may wait for one slow client. Beyond it, messages to the client are dropped (it gets 80020), and its own
   * frames wait until it reads. Default 16 MiB.
   */
  outboundBytes?: number
}

export interface Retention {
  /** Milliseconds that messages, and the state for resumes, are kept. Default two minutes. */
  recent?: number
  /** Milliseconds that messages of persisted namespaces are kept. Default 72 hours. */
  persisted?: number
  /** Messages kept per channel at most, whatever their age. Default 100,000. */
  messages?: number
  /** Bytes kept per channel at most, versions and annotations included. Default 32 MiB. */
  bytes?: number
  /** Bytes kept in all channels together; beyond it, the largest channels drop messages. Default 256 MiB. */
  totalBytes?: number
}

export interface LocalAblyOptions {
  /** 0, the default, takes a free port. */
  port?: number
  host?: string
  /** Keys, as strings or with capabilities. `clientOptions` uses the first. */
  keys?: (string | KeyOption)[]
  /** Channel rules. Without them messages are mutable everywhere; with them, only where a rule says so. */
  namespaces?: Namespace[]
  /** Integration rules of the apps that `keys` names. */
  webhooks?: WebhookRule[]
  limits?: Limits
  retention?: Retention
  /** Milliseconds for which a connection can be resumed. Default 120,000. */
  connectionStateTtl?: number
  /** Milliseconds between heartbeats. Default 15,000. */
  maxIdleInterval?: number
  /** Milliseconds that members stay present after their connection broke. Default 15,000. */
  remainPresentFor?: number
  /** Milliseconds in which appends are merged, unless the client chooses. Default 0 (no merging); the service: 40. */
  appendRollupWindow?: number
  /** Acknowledge merged appends with `null` instead of the serial of the merged version. */
  nullRollupSerials?: boolean
  /** Refuse `untilAttach` as the service does: attach points older than `retention.recent`, and `forwards`. */
  strictUntilAttach?: boolean
  /**
   * Origins of web pages that may use `/status`, `/events`, `/apps`, `/faults` and the default key, such as
   * `https://app.example`. Pages of this machine and of private networks always may. `'null'` stands for pages opened from a
   * file.
   */
  origins?: string[]
  /** A file that keeps messages and apps across restarts. */
  file?: string
  /**
   * Acknowledge publishes only when they are on the disk. By default they are acknowledged at once and written within
   * 100 ms: a killed process loses that much, and a power cut loses whatever the system had not written yet.
   */
  syncFile?: boolean
  /** Load the readable records of a damaged `file`, and keep a copy of the file beside it. */
  repairFile?: boolean
  /** Called with every frame, request and error. */
  log?: (event: LogEvent) => void
}

export interface Settings {
  limits: Required<Limits>
  retention: Required<Retention>
  connectionStateTtl: number
  maxIdleInterval: number
  remainPresentFor: number
  appendRollupWindow: number
  nullRollupSerials: boolean
  strictUntilAttach: boolean
}

/** The key of a server without the option `keys`. It may do everything. */
export const defaultKey = 'local.key:secret'

const mebibyte = 1024 * 1024

export function resolveSettings(options: LocalAblyOptions): Settings {
  return {
    limits: {
      messageSize: 65_536,
      frameSize: 524_288,
      channelsPerConnection: 200,
      presenceMembers: 200,
      outboundBytes: 16 * mebibyte,
      connections: 20_000,
      channels: 50_000,
      connectionRate: 20_000,
      connectionBytes: 16 * mebibyte,
      channelRate: 20_000,
      restRate: 20_000,
      ...options.limits,
    },
    retention: {
      recent: 120_000,
      persisted: 72 * 3_600_000,
      messages: 100_000,
      bytes: 32 * mebibyte,
      totalBytes: 256 * mebibyte,
      ...options.retention,
    },
    connectionStateTtl: options.connectionStateTtl ?? 120_000,
    maxIdleInterval: options.maxIdleInterval ?? 15_000,
    remainPresentFor: options.remainPresentFor ?? 15_000,
    appendRollupWindow: options.appendRollupWindow ?? 0,
    nullRollupSerials: options.nullRollupSerials ?? false,
    strictUntilAttach: options.strictUntilAttach ?? false,
  }
}

export function resolveKeys(keys: (string | KeyOption)[] | undefined): Required<KeyOption>[] {
  return (keys?.length ? keys : [defaultKey]).map((option) => {
    const { key, capability, revocableTokens }: KeyOption =
      typeof option === 'string' ? { key: option } : option
    if (!/^[^:.\s]+\.[^:\s]+:[^:.\s]+$/.test(key)) {
      throw new Error(`unable to use key ${JSON.stringify(key)}; write it as appId.keyId:secret`)
    }
    return { key, capability: capability ?? everything, revocableTokens: revocableTokens ?? false }
  })
}
