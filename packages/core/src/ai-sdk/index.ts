export { createChatTransport, SessionChatTransport } from './chatTransport.ts'
export type { ChatTransportOptions, SendRequest } from './chatTransport.ts'
export { toUIMessage, toUIMessages } from './uiMessage.ts'
