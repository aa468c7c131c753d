import type { MessageParam } from '@anthropic-ai/sdk/resources/messages'
import type { Conversation } from '../memory/conversation.ts'
import { base64Of, textOf } from './dataUrl.ts'
import { mentionOf, turnsOf } from './turns.ts'
import type { ConvertOptions, Step, UserContent } from './turns.ts'

type Block = Exclude<MessageParam['content'], string>[number]

/**
 * A conversation as `messages` of Anthropic's Messages API. The text of the application's system messages is returned
 * beside them as `system`. Every tool use has its result in the next message; thinking is returned byte for byte.
 */
export async function toAnthropicMessages(
  conversation: Conversation,
  options?: ConvertOptions,
): Promise<{ system?: string; messages: MessageParam[] }> {
  const messages: MessageParam[] = []
  const system: string[] = []
  for (const turn of await turnsOf(conversation, options)) {
    if (turn.role === 'system') system.push(turn.text)
    else if (turn.role === 'user') add(messages, 'user', turn.content.flatMap(userBlock))
    else
      for (const step of turn.steps) {
        add(messages, 'assistant', assistantBlocks(step))
        add(messages, 'user', step.calls.map(resultBlock))
      }
  }
  return { ...(system.length > 0 && { system: system.join('\n\n') }), messages }
}

/** Joins consecutive blocks of one role into one message. */
function add(messages: MessageParam[], role: 'user' | 'assistant', blocks: Block[]): void {
  if (blocks.length === 0) return
  const last = messages.at(-1)
  if (last?.role === role) (last.content as Block[]).push(...blocks)
  else messages.push({ role, content: blocks })
}

function userBlock(content: UserContent): Block[] {
  if (content.type === 'text') return [{ type: 'text', text: content.text }]
  const { mediaType, url, filename } = content.file
  const data = base64Of(url)
  if (mediaType.startsWith('image/'))
    return [
      {
        type: 'image',
        source:
          data === undefined
            ? { type: 'url', url }
            : { type: 'base64', media_type: mediaType as never, data },
      },
    ]
  const title = filename === undefined ? {} : { title: filename }
  if (mediaType === 'application/pdf') {
    const source =
      data === undefined
        ? { type: 'url' as const, url }
        : { type: 'base64' as const, media_type: 'application/pdf' as const, data }
    return [{ type: 'document', source, ...title }]
  }
  const text = mediaType.startsWith('text/') ? textOf(url) : undefined
  if (text !== undefined && !isBlank(text))
    return [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title }]
  return [{ type: 'text', text: mentionOf(content.file) }]
}

/** Thinking first, then text, then calls: the order that the API requires. */
function assistantBlocks({ said, calls }: Step): Block[] {
  const blocks: Block[] = []
  for (const part of said) {
    if (part.type === 'text') {
      if (!isBlank(part.text)) blocks.push({ type: 'text', text: part.text })
    } else if (part.type === 'file') blocks.push({ type: 'text', text: mentionOf(part.file) })
    else {
      const { signature, redactedData } = part.providerMetadata?.['anthropic'] ?? {}
      if (typeof redactedData === 'string') blocks.push({ type: 'redacted_thinking', data: redactedData })
      else if (typeof signature === 'string')
        blocks.push({ type: 'thinking', thinking: part.text, signature })
    }
  }
  for (const { toolCallId, toolName, input } of calls)
    blocks.push({
      type: 'tool_use',
      id: toolCallId,
      name: toolName,
      input: isObject(input) ? input : { input },
    })
  return blocks.some(({ type }) => type === 'text' || type === 'tool_use') ? blocks : []
}

function resultBlock({ toolCallId, output, failed }: Step['calls'][number]): Block {
  const content = typeof output === 'string' ? output : JSON.stringify(output)
  return { type: 'tool_result', tool_use_id: toolCallId, content, ...(failed && { is_error: true }) }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The API refuses text that is only white space. */
const isBlank = (text: string): boolean => text.trim() === ''
