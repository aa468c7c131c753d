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

/** A channel rule: for channels named `id` and `id:…`; `*` is for every channel without a rule of its own. */
export interface Namespace {
  id: string
  /** Keep messages for `retention.persisted` instead of `retention.recent`. */
  persisted?: boolean
  /** Keep the last message for ever. */
  persistLast?: boolean
  /** Allow updates, deletes, appends and annotations; without it they are refused with 93002. */
  mutableMessages?: boolean
  /** Only identified clients may attach. */
  authenticated?: boolean
}

/** What one client may ask of the server. The defaults protect the process; the service's own are named where they differ. */
export interface Limits {
  /** Frames per second that one connection may publish; beyond it NACK 42911. Default 20,000; the service: 50. */
  connectionRate?: number
  /** Bytes per second that one connection may publish; beyond it NACK 42911. Default 16 MiB. */
  connectionBytes?: number
  /** Messages per second that one channel takes; beyond it NACK 42913. Default 20,000; the service: 50. */
  channelRate?: number
  /** REST requests per second of one app; beyond it 429/42918. Default 20,000. */
  restRate?: number
  /** Connections at the same time, with those that wait to be resumed; beyond it 42915. Default 20,000. */
  connections?: number
  /** Channels of one app; beyond it 90021. Default 50,000. */
  channels?: number
  /** Bytes of one publish, names, extras and client ids included. Default 65536. */
  messageSize?: number
  /** Bytes of one frame or request body. Default 524288. */
  frameSize?: number
  /** Channels attached on one connection. Default 200; beyond it 90010. */
  channelsPerConnection?: number
  /** Members present on one channel. Default 200; beyond it 91003. */
  presenceMembers?: number
  /**
   * Bytes waiting for one slow socket before messages to it are dropped, which it is told with 80020, and before its
   * own frames wait until it reads. Default 16 MiB.
   */
  outboundBytes?: number
}

export interface Retention {
  /** Milliseconds that messages, and what resumes need, are kept. Default two minutes. */
  recent?: number
  /** Milliseconds that messages of persisted namespaces are kept. Default 72 hours. */
  persisted?: number
  /** Messages kept per channel at most, whatever their age. Default 100,000. */
  messages?: number
  /** Bytes kept per channel at most, versions and annotations included. Default 32 MiB. */
  bytes?: number
  /** Bytes kept in all channels together; beyond it the largest give way. Default 256 MiB. */
  totalBytes?: number
}

export interface LocalAblyOptions {
  /** 0, the default, takes a free port. */
  port?: number
  host?: string
  /** Keys, as strings or with capabilities. The first is that of `clientOptions`. */
  keys?: (string | KeyOption)[]
  /** Channel rules. Without them messages are mutable everywhere; with them, only where a rule says so. */
  namespaces?: Namespace[]
  /** Integration rules of the apps that `keys` names. */
  webhooks?: WebhookRule[]
  limits?: Limits
  retention?: Retention
  /** How long a connection can be resumed. Default 120,000 ms. */
  connectionStateTtl?: number
  /** How often the server shows that it is alive. Default 15,000 ms. */
  maxIdleInterval?: number
  /** How long members stay present after their connection broke. Default 15,000 ms. */
  remainPresentFor?: number
  /** Milliseconds in which appends are merged, unless the client asks. Default 0: none are; the service: 40. */
  appendRollupWindow?: number
  /** Answer merged appends with `null` instead of the serial of the version they went into. */
  nullRollupSerials?: boolean
  /** Refuse `untilAttach` as the service does: attach points older than `retention.recent`, and `forwards`. */
  strictUntilAttach?: boolean
  /**
   * Origins of web pages that may use `/status`, `/apps`, `/faults` and the default key, such as
   * `https://app.example`. Pages of this machine and of private networks always may. `'null'` is for pages opened from
   * a file.
   */
  origins?: string[]
  /** A file that keeps messages and apps across restarts. */
  file?: string
  /**
   * Confirm publishes only when `file` is on the disk. Without it they are confirmed at once and written within 100 ms:
   * a process that is killed loses that much, a machine that loses power what its system had not yet written.
   */
  syncFile?: boolean
  /** Load a damaged `file` as far as it can be read, and keep a copy of it beside it. */
  repairFile?: boolean
  /** Called with all that passes. */
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

/** The key of a server that was given none: it may do everything. */
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
