import type { Message } from 'ably'
import { Header, MessageName, PROTOCOL_VERSION } from '@rejoin/core/protocol'
import type { PromptNews } from './promptQueue.ts'

export interface PromptStatusData {
  status: PromptNews
  responseId?: string
  part?: string
}

/** The message that tells readers what becomes of a prompt (PROTOCOL.md §2.5). */
export function promptStatus(promptId: string, data: PromptStatusData): Message {
  const headers = { [Header.Rejoin]: PROTOCOL_VERSION, [Header.PromptId]: promptId }
  return { name: MessageName.PromptStatus, data, extras: { headers } }
}
