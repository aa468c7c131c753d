export { startLocalAbly, type ClientOptions, type LocalAbly } from './server.ts'
export type {
  ChannelFault,
  ConnectionFault,
  DeliveryOptions,
  Faults,
  RefuseOptions,
  Remove,
} from './faults/faults.ts'
export type { ErrorOption, Match, Matcher, Point, When } from './faults/rules.ts'
export type { KeyOption, Limits, LocalAblyOptions, Namespace, Retention } from './settings.ts'
export type { LogEvent, LogListener } from './log.ts'
export type { ChannelStatus, ConnectionStatus, Status } from './status.ts'
export type { Capability, Operation } from './auth/capability.ts'
export type { WebhookRule } from './webhooks/rule.ts'
export { defaultKey } from './settings.ts'
