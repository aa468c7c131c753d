import type { ResponseInputContent, ResponseInputItem } from 'openai/resources/responses/responses'
import type { Conversation } from '../memory/conversation.ts'
import { textOf } from './dataUrl.ts'
import { mentionOf, turnsOf } from './turns.ts'
import type { ConvertOptions, Step, UserContent } from './turns.ts'

/**
 * A conversation as `input` of OpenAI's Responses API. Every call has its output right after the calls of its step; a
 * reasoning item is included only with its id, its encrypted content, and the item that followed it.
 */
export async function toResponsesInput(
  conversation: Conversation,
  options?: ConvertOptions,
): Promise<ResponseInputItem[]> {
  const items: ResponseInputItem[] = []
  for (const turn of await turnsOf(conversation, options)) {
    if (turn.role === 'system') items.push({ role: 'system', content: turn.text })
    else if (turn.role === 'user') items.push({ role: 'user', content: turn.content.map(userPart) })
    else for (const step of turn.steps) items.push(...stepItems(step))
  }
  return items
}

function userPart(content: UserContent): ResponseInputContent {
  if (content.type === 'text') return { type: 'input_text', text: content.text }
  const { mediaType, url, filename } = content.file
  if (mediaType.startsWith('image/')) return { type: 'input_image', image_url: url, detail: 'auto' }
  const text = mediaType.startsWith('text/') ? textOf(url) : undefined
  if (text !== undefined) return { type: 'input_text', text: filename ? `${filename}:\n${text}` : text }
  return url.startsWith('data:')
    ? { type: 'input_file', file_data: url, filename: filename ?? 'file' }
    : { type: 'input_file', file_url: url }
}

function stepItems({ said, calls }: Step): ResponseInputItem[] {
  const items: ResponseInputItem[] = []
  for (const part of said) {
    if (part.type === 'text') items.push({ role: 'assistant', content: part.text })
    else if (part.type === 'file') items.push({ role: 'assistant', content: mentionOf(part.file) })
    else {
      const { itemId, reasoningEncryptedContent } = part.providerMetadata?.['openai'] ?? {}
      if (typeof itemId !== 'string' || typeof reasoningEncryptedContent !== 'string') continue
      const last = items.at(-1)
      // One item may have several summaries, each a part of its own.
      if (last && 'type' in last && last.type === 'reasoning' && last.id === itemId)
        last.summary.push({ type: 'summary_text', text: part.text })
      else
        items.push({
          type: 'reasoning',
          id: itemId,
          summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }],
          encrypted_content: reasoningEncryptedContent,
        })
    }
  }
  for (const { toolCallId, toolName, input, providerMetadata } of calls) {
    const id = providerMetadata?.['openai']?.['itemId']
    items.push({
      type: 'function_call',
      call_id: toolCallId,
      name: toolName,
      arguments: JSON.stringify(input),
      // The API refuses an item id without its reasoning.
      ...(typeof id === 'string' &&
        items.some((item) => 'type' in item && item.type === 'reasoning') && { id }),
    })
  }
  for (const { toolCallId, output } of calls)
    items.push({
      type: 'function_call_output',
      call_id: toolCallId,
      output: typeof output === 'string' ? output : JSON.stringify(output),
    })
  return items
}
