/** The names and shapes of the Ably wire protocol, version 6. On the wire, actions are numbers in JSON and msgpack alike. */

export const Action = {
  heartbeat: 0,
  ack: 1,
  nack: 2,
  connect: 3,
  connected: 4,
  disconnect: 5,
  disconnected: 6,
  close: 7,
  closed: 8,
  error: 9,
  attach: 10,
  attached: 11,
  detach: 12,
  detached: 13,
  presence: 14,
  message: 15,
  sync: 16,
  auth: 17,
  activate: 18,
  object: 19,
  objectSync: 20,
  annotation: 21,
} as const

/** The name of a protocol action, for logs: `ATTACHED`. */
export function actionName(action: number): string {
  const name = Object.entries(Action).find(([, value]) => value === action)?.[0]
  return (name ?? `action ${action}`).toUpperCase()
}

export const Flag = {
  hasPresence: 1 << 0,
  hasBacklog: 1 << 1,
  resumed: 1 << 2,
  transient: 1 << 4,
  attachResume: 1 << 5,
  hasObjects: 1 << 7,
} as const

/** Channel modes, as bits of `flags`. */
export const Mode = {
  PRESENCE: 1 << 16,
  PUBLISH: 1 << 17,
  SUBSCRIBE: 1 << 18,
  PRESENCE_SUBSCRIBE: 1 << 19,
  ANNOTATION_PUBLISH: 1 << 21,
  ANNOTATION_SUBSCRIBE: 1 << 22,
  OBJECT_SUBSCRIBE: 1 << 24,
  OBJECT_PUBLISH: 1 << 25,
} as const

export const allModes = Object.values(Mode).reduce((all, bit) => all | bit, 0)

/** The modes of an attach that requests none. Annotation and object subscriptions are opt-in. */
export const defaultModes =
  Mode.PRESENCE | Mode.PUBLISH | Mode.SUBSCRIBE | Mode.PRESENCE_SUBSCRIBE | Mode.ANNOTATION_PUBLISH

export const MessageAction = { create: 0, update: 1, delete: 2, meta: 3, summary: 4, append: 5 } as const
export const PresenceAction = { absent: 0, present: 1, enter: 2, leave: 3, update: 4 } as const
export const AnnotationAction = { create: 0, delete: 1 } as const

export interface WireError {
  code: number
  statusCode: number
  message: string
  href?: string
  detail?: Record<string, unknown>
}

/** A stored payload: text or bytes. The `base64` encoding step exists only in JSON. */
export type Payload = string | Buffer

export interface MessageVersion {
  serial?: string
  timestamp?: number
  clientId?: string
  description?: string
  metadata?: Record<string, string>
}

export interface WireMessage {
  id?: string
  name?: string
  data?: Payload
  encoding?: string
  clientId?: string
  connectionId?: string
  connectionKey?: string
  timestamp?: number
  extras?: Record<string, unknown>
  action?: number
  serial?: string
  version?: MessageVersion
  annotations?: { summary: Record<string, unknown> }
}

export interface WirePresence {
  id?: string
  action?: number
  clientId?: string
  connectionId?: string
  data?: Payload
  encoding?: string
  extras?: Record<string, unknown>
  timestamp?: number
}

export interface WireAnnotation {
  id?: string
  action?: number
  type?: string
  name?: string
  count?: number
  clientId?: string
  connectionId?: string
  messageSerial?: string
  serial?: string
  data?: Payload
  encoding?: string
  extras?: Record<string, unknown>
  timestamp?: number
}

export interface ConnectionDetails {
  clientId?: string
  connectionKey: string
  maxMessageSize: number
  maxFrameSize: number
  maxInboundRate: number
  connectionStateTtl: number
  maxIdleInterval: number
  serverId: string
  siteCode: string
}

/** The result of one acknowledged frame. */
export interface PublishResult {
  serials: (string | null)[]
}

export interface ProtocolMessage {
  action: number
  id?: string
  timestamp?: number
  count?: number
  error?: WireError
  connectionId?: string
  channel?: string
  channelSerial?: string
  msgSerial?: number
  flags?: number
  messages?: WireMessage[]
  presence?: WirePresence[]
  annotations?: WireAnnotation[]
  auth?: { accessToken?: string }
  connectionDetails?: ConnectionDetails
  params?: Record<string, unknown>
  res?: PublishResult[]
}
