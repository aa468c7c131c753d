import {
  ErrorCode,
  RejoinError,
  Header,
  MessageName,
  type EndStatus,
  type ToolProgress,
} from '@rejoin/core/protocol'
import type { PartText } from './partText.ts'
import type { ToolFields } from './modelEvent.ts'
import type { ResponseParts, ToolPart } from './responseParts.ts'
import type { Publish, PublishOptions } from './values.ts'

/** Name, data and headers. */
export type MessageParts = [name: string, data: unknown, headers: Record<string, string>]

/** The response's services for its tool calls. */
export interface ToolHost {
  readonly parts: ResponseParts
  readonly streamsInput: boolean
  nextPart(): string
  grow(type: 'tool-input', part: () => string, headers: Record<string, string>): PartText
  publish: Publish
  /** A text for people as readers get it: cut where it outgrows a message. */
  said(text: string): string
}

/** The tool calls of one response. */
export class ToolCalls {
  readonly #host: ToolHost

  constructor(host: ToolHost) {
    this.#host = host
  }

  has(toolCallId: string): boolean {
    return this.#host.parts.tool(toolCallId) !== undefined
  }

  /** The arguments start to stream. The call is shown once there are some, or at once if they cannot stream. */
  start(toolCallId: string, toolName: string, fields: ToolFields = {}): ToolPart {
    const { parts } = this.#host
    const known = parts.tool(toolCallId)
    if (known) {
      Object.assign(known.fields, toolFields(fields))
      return known
    }
    const tool: ToolPart = {
      kind: 'tool',
      part: undefined,
      toolCallId,
      toolName,
      input: undefined,
      growing: undefined,
      state: 'input-streaming',
      fields: toolFields(fields),
    }
    parts.add(tool)
    return tool
  }

  /** A fragment of the arguments' JSON text. Message per token cannot stream it and waits for the whole. */
  delta(toolCallId: string, text: string): void {
    const tool = this.#known(toolCallId, 'stream the arguments of a tool')
    if (!this.#host.streamsInput || text === '') return
    const headers = {
      [Header.ToolCallId]: toolCallId,
      [Header.ToolName]: tool.toolName,
      ...fieldHeaders(tool.fields),
    }
    if (!tool.growing) {
      tool.growing = this.#host.grow('tool-input', () => this.#part(tool), headers)
      this.#host.parts.growing.push(tool.growing)
    }
    tool.growing.append(text)
  }

  /** `client`: a client runs the tool, and its result counts. */
  available(
    toolCallId: string,
    toolName: string,
    input: unknown,
    { client = false, ...fields }: ToolFields & { client?: boolean } = {},
  ): ToolPart {
    const tool = this.start(toolCallId, toolName, fields)
    if (tool.state !== 'input-streaming' && !client) return tool
    tool.growing?.finish()
    // A call can be repaired after the model has said it, and a part of what it said can be lost.
    if (!tool.growing || !tells(tool.growing.text, input)) {
      const call = {
        name: toolName,
        args: input === undefined ? {} : input,
        ...(client && { client }),
        ...tool.fields,
      }
      this.#publish(tool, MessageName.ToolCall, call, { done: first(tool) })
    }
    tool.input = input === undefined ? {} : input
    tool.state = 'input-available'
    return tool
  }

  progress(toolCallId: string, progress: ToolProgress): void {
    const tool = this.#known(toolCallId, 'report progress of a tool')
    this.#publish(
      tool,
      MessageName.ToolProgress,
      { name: tool.toolName, ...progress },
      { key: `progress ${toolCallId}` },
    )
  }

  /** `preliminary`: a later output replaces this one; a preliminary output never replaces a final one. */
  output(toolCallId: string, output: unknown, preliminary = false): void {
    const tool = this.#known(toolCallId, 'publish the result of a tool')
    if (preliminary && tool.state.startsWith('output') && !tool.preliminary) return
    const result = { name: tool.toolName, result: output ?? null, ...(preliminary && { preliminary }) }
    this.#publish(
      tool,
      MessageName.ToolResult,
      result,
      preliminary ? { key: `preliminary ${toolCallId}` } : {},
    )
    tool.state = 'output-available'
    tool.output = output ?? null
    tool.preliminary = preliminary
  }

  error(toolCallId: string, text: string): void {
    const tool = this.#known(toolCallId, 'publish the error of a tool')
    const errorText = this.#host.said(text)
    tool.state = 'output-error'
    tool.errorText = errorText
    tool.preliminary = false
    this.#publish(tool, MessageName.ToolResult, { name: tool.toolName, error: errorText })
  }

  approvalRequested(toolCallId: string, toolName: string, args: unknown): ToolPart {
    const tool = this.start(toolCallId, toolName)
    tool.growing?.finish()
    tool.input = args ?? tool.input
    if (tool.state.startsWith('output')) return tool
    tool.state = 'approval-requested'
    tool.approval = { id: toolCallId }
    this.#publish(
      tool,
      MessageName.ApprovalRequest,
      { name: toolName, arguments: args },
      { done: first(tool) },
    )
    return tool
  }

  /** Records that this process waits for a person or a client to answer. */
  ask(toolCallId: string, client = false): void {
    const tool = this.#known(toolCallId, 'ask')
    tool.asked = 'here'
    if (client) tool.client = true
  }

  /** Whether a former process asked readers exactly this question, so that it need not be repeated. */
  isAsked(toolCallId: string, input: unknown): boolean {
    const tool = this.#host.parts.tool(toolCallId)
    return tool?.asked === 'before' && JSON.stringify(tool.input) === JSON.stringify(input)
  }

  /** The call of a former process whose question is asked again: the first such call of the tool. */
  askedBefore(toolName: string, client: boolean): string | undefined {
    const same = ({ asked, toolName: name, client: runs = false }: ToolPart) =>
      asked === 'before' && name === toolName && runs === client
    return this.#host.parts.tools.find(same)?.toolCallId
  }

  /** The decision that a former process accepted and confirmed. */
  decision(toolCallId: string): { approved: boolean; reason?: string; clientId?: string } | undefined {
    const { approved, ...rest } = this.#host.parts.tool(toolCallId)?.approval ?? {}
    return approved === undefined ? undefined : { approved, ...rest }
  }

  /** Messages that tell readers that no process waits for an answer any more: the response ends as `status`. */
  openQuestions(status: EndStatus): MessageParts[] {
    return this.#openQuestions(status).map((tool) => this.#over(tool, status))
  }

  /** Publishes `openQuestions`. */
  closeQuestions(status: EndStatus): void {
    for (const tool of this.#openQuestions(status)) {
      const [name, data, headers] = this.#over(tool, status)
      tool.state = 'output-error'
      tool.errorText = (data as { error: string }).error
      this.#host.publish(name, data, headers)
    }
  }

  /** A question from a model's stream may be decided after a successful end, by the next prompt. */
  #openQuestions(status: EndStatus): ToolPart[] {
    return this.#host.parts.tools.filter(({ state, asked, client }) => {
      if (state === 'approval-requested') return asked !== undefined || status !== 'complete'
      return state === 'input-available' && client
    })
  }

  #over(tool: ToolPart, status: EndStatus): MessageParts {
    const how = status === 'complete' ? 'ended' : status === 'stopped' ? 'was stopped' : 'failed'
    const error = `the response ${how} before anyone answered`
    const headers = { [Header.ToolCallId]: tool.toolCallId, [Header.Part]: this.#part(tool) }
    return [MessageName.ToolResult, { name: tool.toolName, error }, headers]
  }

  /** Its approval was refused. */
  denied(toolCallId: string): void {
    const tool = this.#known(toolCallId, 'deny a tool')
    if (tool.state === 'approval-requested') this.decided(toolCallId, { approved: false })
    else if (tool.state !== 'output-denied') this.error(toolCallId, 'denied')
  }

  /** A client has published the result. */
  answered(toolCallId: string, result: { output?: unknown; errorText?: string }): void {
    const tool = this.#known(toolCallId, 'note the result of a tool')
    Object.assign(tool, result)
    tool.state = result.errorText === undefined ? 'output-available' : 'output-error'
  }

  /** Confirms the decision that counts: readers saw it, but cannot know whether its sender had the right. */
  decided(toolCallId: string, given: { approved: boolean; reason?: string; clientId?: string }): void {
    const tool = this.#known(toolCallId, 'confirm the decision on a tool')
    const decision = { ...given, ...(given.reason && { reason: this.#host.said(given.reason) }) }
    tool.approval = { id: toolCallId, ...decision }
    tool.state = decision.approved ? 'approval-responded' : 'output-denied'
    const { approved, ...rest } = decision
    const said = approved ? 'approved' : 'rejected'
    this.#publish(tool, MessageName.ApprovalResponse, { name: tool.toolName, decision: said, ...rest })
  }

  #publish(tool: ToolPart, name: string, data: unknown, options: PublishOptions = {}): void {
    this.#host.publish(
      name,
      data,
      { [Header.ToolCallId]: tool.toolCallId, [Header.Part]: this.#part(tool) },
      options,
    )
  }

  /** Number the call when its first message is made, as for every part. */
  #part(tool: ToolPart): string {
    return (tool.part ??= this.#host.nextPart())
  }

  #known(toolCallId: string, what: string): ToolPart {
    const tool = this.#host.parts.tool(toolCallId)
    if (tool) return tool
    throw new RejoinError(
      ErrorCode.InvalidArgument,
      `unable to ${what}; no tool call "${toolCallId}" was started in this response`,
    )
  }
}

/** The fields that are set and of the right type: models send anything. */
function toolFields({ dynamic, providerExecuted, title }: ToolFields): ToolFields {
  return {
    ...(dynamic === true && { dynamic }),
    ...(providerExecuted === true && { providerExecuted }),
    ...(typeof title === 'string' && { title }),
  }
}

/** Headers of a call whose data is the text of its arguments. */
function fieldHeaders({ dynamic, providerExecuted, title }: ToolFields): Record<string, string> {
  return {
    ...(dynamic && { [Header.Dynamic]: 'true' }),
    ...(providerExecuted && { [Header.ProviderExecuted]: 'true' }),
    ...(title !== undefined && { [Header.Title]: title }),
  }
}

/** Records the serial of a call's first message. */
const first = (tool: ToolPart) => (serial: string | undefined) => {
  if (serial) tool.serial ??= serial
}

/** A running tool, returned by `response.tool(...)`. */
export interface ToolCall {
  readonly toolCallId: string
  /** Reports the tool's progress. */
  progress(progress: ToolProgress): void
  result(output: unknown): void
  error(errorText: string): void
}

/** Whether the arguments' text says the input. */
function tells(text: string, input: unknown): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(input)
  } catch {
    return text.trim() === '' && JSON.stringify(input ?? {}) === '{}'
  }
}
