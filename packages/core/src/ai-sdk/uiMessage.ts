import type { UIMessage } from 'ai'
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

/** What of a session the conversion reads. */
export type ReadableSession = Pick<Session, 'getSnapshot' | 'getResponse' | 'getPrompt'>

/** Whether nothing more is awaited of a tool call. */
export function isSettled(part: Part): boolean {
  if (!isTool(part)) return false
  return part.state === 'output-available' || part.state === 'output-error' || part.state === 'output-denied'
}

/** A person has decided: what follows is the agent's next step. */
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
 * Counts the steps of a response: a new one begins with what follows a step whose tools are all settled. `useChat`
 * needs these borders to tell a tool's outcome that waits to be sent from one that was answered long ago.
 */
export class Steps {
  private tools: Part[] = []

  /** Whether a step must begin before a part that begins now. */
  beginsBefore(): boolean {
    return this.tools.length > 0 && this.tools.every((tool) => isSettled(tool) || isDecided(tool))
  }

  begin(): void {
    this.tools = []
  }

  /** Takes note of a part, again whenever it changed. */
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

/** Fields of a source that the AI SDK has no place of its own for. */
export function sourceMetadata(part: SourcePart | SourceDocumentPart) {
  const { textPart, startOffset, endOffset, snippet } = part
  const fields = Object.entries({ textPart, startOffset, endOffset, snippet }).filter(
    ([, value]) => value !== undefined,
  )
  return fields.length ? { providerMetadata: { rejoin: Object.fromEntries(fields) } } : {}
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

/** What is shown as the `metadata` of a message. */
export type MetadataOf<M extends UIMessage = UIMessage> = (response: ResponseState) => M['metadata']

/** Unless the application says otherwise: what the agent said. */
export const metadataOf: MetadataOf = ({ metadata }) => metadata

/**
 * The conversation of a session, in order: the initial `messages` of a chat. As `useChat` does when a user edits a
 * message or asks again, a prompt that replaces another takes its place, and what followed that one goes.
 */
export function toUIMessages<M extends UIMessage = UIMessage>(
  session: ReadableSession,
  options: { metadata?: MetadataOf<M> | undefined } = {},
): M[] {
  const messages: M[] = []
  /** Where each prompt stands, or the one that took its place. */
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
    if (response) messages.push(toUIMessage<M>(response, options.metadata))
  }
  return messages
}

function promptMessage<M extends UIMessage>(prompt: PromptState): M {
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
      const { type, mediaType, url, filename } = part
      return { type, mediaType, url, ...(filename !== undefined && { filename }) }
    }
    default:
      return { ...part }
  }
}

/** As the AI SDK has it; its `approved` of a call that was denied is always there. */
function toUITool(part: AnyToolPart): unknown {
  const { id: _, inputText, inputError: __, progress: ___, incomplete: ____, ...tool } = part
  return { ...tool, ...(inputText !== undefined && { rawInput: inputText }) }
}
