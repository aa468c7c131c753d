export { aiTransport } from './aiTransport.ts'
export type { AiTransportOptions } from './aiTransport.ts'
export { cancelMessage, promptMessage, toolResultMessage } from './outgoing.ts'
export type { Invocation, OutgoingInput } from './outgoing.ts'
