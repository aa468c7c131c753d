import type { UIMessage } from 'ai'
import type { MessageIdOf } from './chatNames.ts'
import type { Session } from '../session/session.ts'
import type {
  DynamicToolPart,
  Part,
  PromptState,
  ResponseState,
  SourceDocumentPart,
  SourcePart,
  ToolPart,
} from '../types/types.ts'

export type AnyToolPart = ToolPart | DynamicToolPart

/** The part of a session that the conversion reads. */
export type ReadableSession = Pick<Session, 'getSnapshot' | 'getResponse' | 'getPrompt'>

/** Whether a tool call needs nothing more. */
export function isSettled(part: Part): boolean {
  if (!isTool(part)) return false
  return part.state === 'output-available' || part.state === 'output-error' || part.state === 'output-denied'
}

/** A person has decided, so the agent's next step follows. */
function isDecided(part: Part): boolean {
  return isTool(part) && part.state === 'approval-responded'
}

export function isTool(part: Part): part is AnyToolPart {
  return part.type === 'dynamic-tool' || part.type.startsWith('tool-')
}

export function toolName(part: AnyToolPart): string {
  return part.type === 'dynamic-tool' ? part.toolName : part.type.slice('tool-'.length)
}

/**
 * Counts the steps of a response: a new one begins after a step whose tools are all settled. By these steps, `useChat`
 * tells a tool outcome that it must still send from one that was answered earlier.
 */
export class Steps {
  private tools: Part[] = []

  /** Whether a new step begins with the next part. */
  beginsBefore(): boolean {
    return this.tools.length > 0 && this.tools.every((tool) => isSettled(tool) || isDecided(tool))
  }

  begin(): void {
    this.tools = []
  }

  /** Records a part, and again whenever it changes. */
  note(part: Part): void {
    if (!isTool(part)) return
    const index = this.tools.findIndex((tool) => tool.id === part.id)
    if (index < 0) this.tools.push(part)
    else this.tools[index] = part
  }

  /** Whether a call belongs to the step that is open. */
  has(part: Part): boolean {
    return this.tools.some((tool) => tool.id === part.id)
  }
}

/** Fields of a source for which the AI SDK has no place. */
export function sourceMetadata(part: SourcePart | SourceDocumentPart) {
  const { textPart, startOffset, endOffset, snippet, providerMetadata } = part
  const fields = Object.entries({ textPart, startOffset, endOffset, snippet }).filter(
    ([, value]) => value !== undefined,
  )
  const own = fields.length ? { rejoin: Object.fromEntries(fields) } : undefined
  return own || providerMetadata ? { providerMetadata: { ...providerMetadata, ...own } } : {}
}

/** A response as the AI SDK keeps it: `UIMessage` of role `assistant`, named by the response's id. */
export function toUIMessage<M extends UIMessage = UIMessage>(
  response: ResponseState,
  metadata: MetadataOf<M> = metadataOf as MetadataOf<M>,
): M {
  const parts: unknown[] = [{ type: 'step-start' }]
  const steps = new Steps()
  for (const part of response.parts) {
    if (steps.beginsBefore()) {
      steps.begin()
      parts.push({ type: 'step-start' })
    }
    steps.note(part)
    parts.push(toUIPart(part))
  }
  const shown = metadata(response)
  return { id: response.id, role: 'assistant', parts, ...(shown && { metadata: shown }) } as unknown as M
}

/** The `metadata` of a message. */
export type MetadataOf<M extends UIMessage = UIMessage> = (response: ResponseState) => M['metadata']

/** By default, the agent's metadata. */
export const metadataOf: MetadataOf = ({ metadata }) => metadata

/**
 * The conversation of a session, in order: the initial `messages` of a chat. As in `useChat` after an edit or a
 * regeneration, a prompt that replaces another takes its place, and the messages after the replaced one go.
 */
export function toUIMessages<M extends UIMessage = UIMessage>(
  session: ReadableSession,
  options: { metadata?: MetadataOf<M> | undefined; messageId?: MessageIdOf | undefined } = {},
): M[] {
  const messages: M[] = []
  /** The place of each prompt, or of the one that replaced it. */
  const places = new Map<string, number>()
  for (const { id, role } of session.getSnapshot().messages) {
    const prompt = role === 'user' ? session.getPrompt(id) : undefined
    const response = role === 'assistant' ? session.getResponse(id) : undefined
    if (prompt) {
      const replaced = places.get(prompt.replaces ?? '') ?? messages.length
      for (const [other, place] of places) if (place > replaced) places.delete(other)
      messages.length = replaced
      places.set(id, replaced)
      messages.push(promptMessage<M>(prompt))
    }
    if (!response) continue
    const message = toUIMessage<M>(response, options.metadata)
    messages.push(options.messageId ? { ...message, id: options.messageId(response) } : message)
  }
  return messages
}

export function promptMessage<M extends UIMessage>(prompt: PromptState): M {
  const { id, text, metadata } = prompt
  const given = prompt.parts.map((part) => ({ ...part, id: undefined }))
  const parts = text === '' && given.length > 0 ? given : [{ type: 'text', text }, ...given]
  return { id, role: 'user', parts, ...(metadata !== undefined && { metadata }) } as UIMessage as M
}

function toUIPart(part: Part): unknown {
  if (isTool(part)) return toUITool(part)
  switch (part.type) {
    case 'text':
    case 'reasoning': {
      const { id, type, text, state, providerMetadata } = part
      return {
        type,
        ...(type === 'reasoning' && { id }),
        text,
        state,
        ...(providerMetadata && { providerMetadata }),
      }
    }
    case 'source-url': {
      const { sourceId, url, title } = part
      return { type: part.type, sourceId, url, title, ...sourceMetadata(part) }
    }
    case 'source-document': {
      const { sourceId, mediaType, title, filename } = part
      return {
        type: part.type,
        sourceId,
        mediaType,
        title,
        ...(filename !== undefined && { filename }),
        ...sourceMetadata(part),
      }
    }
    case 'file':
    case 'reasoning-file': {
      const { type, mediaType, url, filename, providerMetadata } = part
      const named = filename !== undefined && { filename }
      return { type, mediaType, url, ...named, ...(providerMetadata && { providerMetadata }) }
    }
    case 'custom': {
      const { type, kind, providerMetadata } = part
      return { type, kind, ...(providerMetadata && { providerMetadata }) }
    }
    default:
      return { ...part }
  }
}

/** An approval in the AI SDK's shape, where a denied call always has `approved`. */
function toUITool(part: AnyToolPart): unknown {
  const { id: _, inputText, inputError: __, progress: ___, incomplete: ____, ...tool } = part
  return { ...tool, ...(inputText !== undefined && { rawInput: inputText }) }
}
