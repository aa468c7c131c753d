import type { ModelMessage } from 'ai'
import type { Conversation } from '../memory/conversation.ts'
import { base64Of } from './dataUrl.ts'
import { turnsOf } from './turns.ts'
import type { Call, ConvertOptions, Step, UserContent } from './turns.ts'

/** A conversation as `messages` of the AI SDK's `streamText` and `generateText`. */
export async function toModelMessages(
  conversation: Conversation,
  options?: ConvertOptions,
): Promise<ModelMessage[]> {
  const messages: ModelMessage[] = []
  for (const turn of await turnsOf(conversation, options)) {
    if (turn.role === 'system') messages.push({ role: 'system', content: turn.text })
    else if (turn.role === 'user')
      messages.push({ role: 'user', content: turn.content.map(userPart) } as ModelMessage)
    else for (const step of turn.steps) messages.push(...stepMessages(step))
  }
  return messages
}

function userPart(content: UserContent): unknown {
  if (content.type === 'text') return { type: 'text', text: content.text }
  const { mediaType, url, filename } = content.file
  return {
    type: 'file',
    mediaType,
    data: base64Of(url) ?? new URL(url),
    ...(filename !== undefined && { filename }),
  }
}

function stepMessages({ said, calls }: Step): ModelMessage[] {
  const content = [
    ...said.map((part) => {
      if (part.type === 'file') {
        const { mediaType, url, filename } = part.file
        return { type: 'file', mediaType, data: base64Of(url) ?? new URL(url), ...(filename && { filename }) }
      }
      const { type, text, providerMetadata } = part
      return { type, text, ...(providerMetadata && { providerOptions: providerMetadata }) }
    }),
    ...calls.map(({ toolCallId, toolName, input, providerMetadata }) => ({
      type: 'tool-call',
      toolCallId,
      toolName,
      input,
      ...(providerMetadata && { providerOptions: providerMetadata }),
    })),
  ]
  if (content.length === 0) return []
  const messages = [{ role: 'assistant', content }] as ModelMessage[]
  if (calls.length > 0) messages.push({ role: 'tool', content: calls.map(resultPart) } as ModelMessage)
  return messages
}

function resultPart({ toolCallId, toolName, output, failed }: Call): unknown {
  const type = typeof output === 'string' ? 'text' : 'json'
  const value = { type: failed ? `error-${type}` : type, value: output }
  return { type: 'tool-result', toolCallId, toolName, output: value }
}
