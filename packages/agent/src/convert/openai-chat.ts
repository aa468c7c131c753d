import type { ChatCompletionContentPart, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { Conversation } from '../memory/conversation.ts'
import { base64Of, textOf } from './dataUrl.ts'
import { mentionOf, turnsOf } from './turns.ts'
import type { ConvertOptions, Step, UserContent } from './turns.ts'

/** A conversation as `messages` of the Chat Completions API and of compatible servers. */
export async function toChatMessages(
  conversation: Conversation,
  options?: ConvertOptions,
): Promise<ChatCompletionMessageParam[]> {
  const messages: ChatCompletionMessageParam[] = []
  for (const turn of await turnsOf(conversation, options)) {
    if (turn.role === 'system') messages.push({ role: 'system', content: turn.text })
    else if (turn.role === 'user') messages.push({ role: 'user', content: userContent(turn.content) })
    else for (const step of turn.steps) messages.push(...stepMessages(step))
  }
  return messages
}

function userContent(content: UserContent[]): string | ChatCompletionContentPart[] {
  const [only] = content
  return content.length === 1 && only?.type === 'text' ? only.text : content.map(userPart)
}

function userPart(content: UserContent): ChatCompletionContentPart {
  if (content.type === 'text') return { type: 'text', text: content.text }
  const { mediaType, url, filename } = content.file
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } }
  const text = mediaType.startsWith('text/') ? textOf(url) : undefined
  if (text !== undefined) return { type: 'text', text: filename ? `${filename}:\n${text}` : text }
  // The API takes only the content of files, not their addresses.
  if (base64Of(url) !== undefined)
    return { type: 'file', file: { file_data: url, filename: filename ?? 'file' } }
  return { type: 'text', text: mentionOf(content.file) }
}

function stepMessages({ said, calls }: Step): ChatCompletionMessageParam[] {
  const text = said
    .map((part) => (part.type === 'text' ? part.text : part.type === 'file' ? mentionOf(part.file) : ''))
    .join('')
  if (text === '' && calls.length === 0) return []
  const message: ChatCompletionMessageParam = { role: 'assistant', content: text === '' ? null : text }
  if (calls.length > 0)
    message.tool_calls = calls.map(({ toolCallId, toolName, input }) => ({
      id: toolCallId,
      type: 'function',
      function: { name: toolName, arguments: JSON.stringify(input) },
    }))
  const results = calls.map(({ toolCallId, output }) => ({
    role: 'tool' as const,
    tool_call_id: toolCallId,
    content: typeof output === 'string' ? output : JSON.stringify(output),
  }))
  return [message, ...results]
}
