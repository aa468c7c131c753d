import type { Message, PublishResult, RealtimeChannel } from 'ably'
import { lacking, quoted, RejoinError } from '../types/errors.ts'
import { pick } from '../types/pick.ts'
import { newId } from '../protocol/newId.ts'
import { Header, MessageName } from '../protocol/names.ts'
import { shortened } from '../protocol/shortened.ts'
import { wrapPublishError } from '../ably/publishError.ts'
import { outputMessages } from './largeOutput.ts'
import { messagesOf, partsOf, ROOM } from './outgoing.ts'
import type { OutgoingPrompt, UploadFile } from './outgoing.ts'
import type { Store } from '../store/store.ts'
import type { PromptPart } from '../types/types.ts'
import type { StructureEvent } from '../response/reduce.ts'
import type { Branches } from './branches.ts'

/** The outcome of a tool call, with the AI SDK's names of its fields; `name` is the tool, too. */
export type ToolOutput = { responseId: string; toolCallId: string } & (
  | { tool: string; name?: undefined }
  | { name: string; tool?: undefined }
) &
  ({ output: unknown; errorText?: undefined } | { errorText: string; output?: undefined })

/** A person's decision on an approval; `id` is the tool call's id, as in the AI SDK. */
export type ToolApprovalResponse = { responseId: string; approved: boolean; reason?: string } & (
  | { toolCallId: string; id?: undefined }
  | { id: string; toolCallId?: undefined }
)

/** Messages published at once; hundreds would be more than a connection may publish in a second. */
const AT_ONCE = 10

/** Publishes a person's actions: prompts, which show at once with their delivery, cancels, tool outputs, decisions. */
export class Publisher {
  readonly #channel: RealtimeChannel
  readonly #store: Store
  readonly #clientId: () => string | undefined
  readonly #now: () => number
  readonly #uploadFile: UploadFile | undefined
  readonly #branches: Branches
  readonly #sent = new Map<string, OutgoingPrompt>()
  readonly #closing = new AbortController()

  constructor(
    channel: RealtimeChannel,
    store: Store,
    branches: Branches,
    clientId: () => string | undefined,
    now: () => number,
    uploadFile?: UploadFile,
  ) {
    this.#branches = branches
    this.#uploadFile = uploadFile
    this.#channel = channel
    this.#store = store
    this.#clientId = clientId
    this.#now = now
  }

  /** Publishes a prompt. Resolves to its id once the channel has it; a failure also shows on the prompt. */
  async sendMessage(given: OutgoingPrompt): Promise<string> {
    // Files may come from something that can be read once.
    const prompt = given?.files ? { ...given, files: [...given.files] } : given
    if (typeof prompt?.text !== 'string')
      throw new RejoinError(
        'invalid_argument',
        `unable to send a message; text must be a string, and is ${quoted(prompt?.text)}`,
      )
    if (isEmpty(prompt))
      throw new RejoinError(
        'invalid_argument',
        'unable to send a message; there is nothing in it. Give it text, files or parts',
      )
    const id = prompt.promptId ?? newId()
    const placed = { ...prompt, parent: this.#parentOf(prompt) }
    this.#sent.set(id, placed)
    try {
      const known = (prompt.parts ?? []).map((part, i) => ({ id: String(i), ...part }))
      const parts = prompt.files ? await this.#upload(id, placed, known) : known
      const messages = messagesOf(id, placed, parts)
      this.#show(id, placed, parts, 'sending')
      this.#pin(id, placed)
      // In order on one connection, so that a client that has the prompt also has its text.
      const result = await this.#publishAll(messages)
      this.#sent.delete(id)
      this.#note({ type: 'sent', id, serial: result?.serials?.[0] ?? undefined })
      return id
    } catch (cause) {
      const error = this.#unsent('send the message', cause)
      this.#note({ type: 'failed', id, error })
      throw error
    }
  }

  /** The place of a prompt; a regeneration takes the place of its question. */
  #parentOf({ parent, replaces, regenerate }: OutgoingPrompt): string | null | undefined {
    if (parent !== undefined || regenerate !== undefined) return parent
    if (replaces === undefined) {
      // What has arrived shows with this prompt, above it.
      this.#store.flush()
      return this.#store.messages.last?.id ?? null
    }
    return this.#store.getPrompt(replaces) ? this.#branches.parentOf(replaces) : undefined
  }

  /** The sender keeps seeing the branch with its own prompt, even if others continue elsewhere. */
  #pin(id: string, { parent, replaces }: OutgoingPrompt): void {
    if (replaces !== undefined) this.#branches.select(id)
    else if (parent) this.#branches.select(parent)
  }

  /** Uploads files that have no URL yet; a retry does not upload them again. */
  async #upload(
    id: string,
    prompt: OutgoingPrompt,
    known: readonly PromptPart[],
  ): Promise<readonly PromptPart[]> {
    this.#show(id, prompt, known, 'uploading')
    const parts = await partsOf(prompt, {
      upload: this.#uploadFile,
      promptId: id,
      signal: this.#closing.signal,
      onProgress: (progress) => this.#show(id, prompt, known, 'uploading', progress),
    })
    this.#sent.set(id, { ...prompt, files: undefined, parts: parts as OutgoingPrompt['parts'] })
    return parts
  }

  /** Aborts uploads under way. */
  close(): void {
    this.#closing.abort()
  }

  /** Sends a failed prompt again. */
  retry(id: string): Promise<string> {
    const prompt = this.#sent.get(id)
    if (!prompt)
      throw new RejoinError(
        'invalid_argument',
        `unable to retry "${id}"; no message of this session with that id failed`,
      )
    return this.sendMessage({ ...prompt, promptId: id })
  }

  /** Asks the agent to stop a response, or a prompt before its answer begins. */
  cancel(ids: { responseId?: string | undefined; promptId?: string | undefined }): Promise<void> {
    const { responseId, promptId } = ids
    const what = responseId === undefined ? `prompt "${promptId}"` : `response "${responseId}"`
    return this.#publish(`stop ${what}`, MessageName.Cancel, pick(ids, [Header.ResponseId, Header.PromptId]))
  }

  async addToolOutput(outcome: ToolOutput): Promise<void> {
    const { responseId, toolCallId, tool = outcome.name, output, errorText } = outcome
    const what = `publish the output of tool "${tool}"`
    const headers = { [Header.ResponseId]: responseId, [Header.ToolCallId]: toolCallId }
    if (errorText !== undefined)
      return this.#publish(what, MessageName.ToolResult, headers, {
        name: tool,
        error: shortened(errorText, ROOM),
      })
    try {
      // One by one: hundreds at once would be more than a connection may publish in a second.
      for (const message of outputMessages(tool!, output, headers)) await this.#channel.publish(message)
    } catch (cause) {
      throw this.#unsent(what, cause)
    }
  }

  addToolApprovalResponse(answer: ToolApprovalResponse): Promise<void> {
    const { responseId, approved, reason } = answer
    const toolCallId = answer.toolCallId ?? answer.id
    return this.#publish(
      `respond to approval "${toolCallId}"`,
      MessageName.ApprovalResponse,
      { [Header.ResponseId]: responseId, [Header.ToolCallId]: toolCallId },
      {
        decision: approved ? 'approved' : 'rejected',
        ...(reason !== undefined && { reason: shortened(reason, ROOM) }),
      },
    )
  }

  /** Resolves to the result of the last one. */
  async #publishAll(messages: readonly Message[]): Promise<PublishResult | undefined> {
    if (messages.length <= AT_ONCE)
      return (await Promise.all(messages.map((message) => this.#channel.publish(message)))).at(-1)
    let result: PublishResult | undefined
    for (const message of messages) result = await this.#channel.publish(message)
    return result
  }

  async #publish(what: string, name: string, headers: Record<string, string>, data?: unknown): Promise<void> {
    try {
      await this.#channel.publish({ name, ...(data !== undefined && { data }), extras: { headers } })
    } catch (cause) {
      throw this.#unsent(what, cause)
    }
  }

  #unsent(what: string, cause: unknown): RejoinError {
    return wrapPublishError(what, cause, 'publish_failed', [lacking('publish', this.#channel.name)])
  }

  #show(
    id: string,
    prompt: OutgoingPrompt,
    parts: readonly PromptPart[],
    delivery: 'uploading' | 'sending',
    progress?: number,
  ): void {
    const { text } = prompt
    const clientId = this.#clientId()
    this.#note({
      type: 'sending',
      prompt: {
        id,
        text,
        parts,
        createdAt: this.#now(),
        ...pick({ ...prompt, clientId, progress }, [
          'parent',
          'replaces',
          'regenerate',
          'metadata',
          'data',
          'clientId',
          'progress',
        ]),
        delivery,
      },
    })
  }

  #note(event: StructureEvent): void {
    this.#store.conversation.note(event)
    this.#store.changed('now')
  }
}

function isEmpty({ text, files = [], parts = [], data }: OutgoingPrompt): boolean {
  return text.trim() === '' && parts.length === 0 && !data && [...files].length === 0
}
