import type { InboundMessage } from 'ably'
import type { EventMeta, StreamEvent, TextEvent } from './event.ts'
import { Header, MessageName, Metadata, Phase, PROTOCOL_VERSION } from './protocol.ts'

/**
 * Reads a wire format: hands every event in `message` to `emit`, and throws a short reason for a message that
 * has one of its names but cannot be understood. Unknown names are not for it to complain about.
 */
export interface Codec {
  decode(message: InboundMessage, emit: (event: StreamEvent) => void): void
}

/** An app's own message names, by the documented name each stands for: `{ token: 'chunk' }`. */
export type MessageNames = Partial<Record<string, string | readonly string[]>>

type Fields = Record<string, unknown>
type Read = (
  message: InboundMessage,
  meta: EventMeta,
  headers: Fields,
  emit: (event: StreamEvent) => void,
) => void

const none: Fields = Object.freeze({})

/** The documented patterns, and ours beside them (PROTOCOL.md): the only place that reads Ably messages. */
export function documented(options?: { names?: MessageNames }): Codec {
  const readers = new Map(Object.entries(byName))
  for (const [name, own] of Object.entries(options?.names ?? {})) {
    const read = byName[name]
    if (!read || own === undefined) continue
    readers.delete(name)
    for (const alias of typeof own === 'string' ? [own] : own) readers.set(alias, read)
  }
  return {
    decode(message, emit) {
      const { name } = message
      let read = readers.get(name as string)
      if (!read && typeof name === 'string' && name.startsWith(MessageName.DataPrefix)) read = readData
      if (!read && isOperation(message)) read = readRevision
      if (!read) return
      const headers = fields(fields(message.extras).headers)
      read(message, readMeta(message, headers), headers, emit)
    },
  }
}

function readMeta(message: InboundMessage, headers: Fields): EventMeta {
  const serial = message.serial ?? message.id
  if (typeof serial !== 'string' || serial === '') throw new Error('it has no serial')
  return {
    serial,
    version: string(message.version?.serial) ?? serial,
    responseId: string(headers[Header.ResponseId]),
    promptId: string(headers[Header.PromptId]),
    part: string(headers[Header.Part]),
    clientId: string(message.clientId),
    connectionId: string(message.connectionId),
    timestamp: typeof message.timestamp === 'number' ? message.timestamp : 0,
    strict: headers[Header.Rejoin] === PROTOCOL_VERSION,
  }
}

const readToken: Read = (message, meta, headers, emit) => {
  if (message.action === 'message.append') throw new Error('a token cannot grow')
  const phase = headers[Header.Phase]
  emit(
    Object.assign(meta as TextEvent, {
      type: 'text' as const,
      kind: 'text' as const,
      unit: 'token' as const,
      op: 'append' as const,
      create: message.action !== 'message.update' && message.action !== 'message.delete',
      text: message.action === 'message.delete' ? '' : text(message.data),
      end: stamp(headers[Header.End]),
      checksum: string(headers[Header.Checksum]),
      done: phase === undefined ? undefined : phase === Phase.Done,
    }),
  )
}

const readMessage =
  (kind: TextEvent['kind'], wholeWhenCreated: 'always' | 'with text' | 'never'): Read =>
  (message, meta, headers, emit) => {
    const growth = readGrowth(message)
    const create = growth.create
    const whole =
      create &&
      !meta.strict &&
      (wholeWhenCreated === 'always' || (wholeWhenCreated === 'with text' && growth.text !== ''))
    emit({
      ...meta,
      ...growth,
      type: 'text',
      kind,
      unit: 'message',
      done: whole ? true : growth.done,
      toolCallId: string(headers[Header.ToolCallId]),
      toolName: string(headers[Header.ToolName]),
    })
  }

/** What an operation on a growing message says, whatever the message is. */
function readGrowth(
  message: InboundMessage,
): Pick<TextEvent, 'op' | 'create' | 'text' | 'end' | 'checksum' | 'done'> {
  const { action } = message
  const metadata = fields(message.version?.metadata)
  const phase = metadata[Metadata.Phase]
  const op = action === 'message.append' ? 'append' : action === 'message.delete' ? 'delete' : 'full'
  return {
    op: op,
    create: !isOperation(message),
    text: op === 'delete' ? '' : text(message.data),
    end: stamp(metadata[Metadata.End]),
    checksum: string(metadata[Metadata.Checksum]),
    // An append that names no phase says: more is coming.
    done: phase !== undefined ? phase === Phase.Done : op === 'append' ? false : undefined,
  }
}

/** A known message goes on, and this delivery no longer carries its name: the reducer remembers. */
const readRevision: Read = (message, meta, _headers, emit) => {
  const { create: _, ...growth } = readGrowth(message)
  emit({ ...meta, ...growth, type: 'revise' })
}

const readReasoning: Read = (message, meta, headers, emit) => {
  const create = !isOperation(message)
  // A token when the agent stamped it as one; without our headers, when it comes with text of its own.
  const token = create && (meta.strict ? headers[Header.End] !== undefined : text(message.data) !== '')
  if (!token) return readMessage('reasoning', 'never')(message, meta, headers, emit)
  readToken(message, meta, headers, (event) => emit({ ...(event as TextEvent), kind: 'reasoning' }))
}

const readComplete =
  (kind: 'text' | 'reasoning'): Read =>
  (message, meta, headers, emit) => {
    if (typeof message.data !== 'string') throw new Error('its data is not text')
    emit({
      ...meta,
      type: 'text',
      kind,
      unit: 'token',
      op: 'full',
      create: false,
      text: message.data,
      end: stamp(headers[Header.End]),
      checksum: string(headers[Header.Checksum]),
      done: headers[Header.Phase] !== Phase.Streaming,
    })
  }

const readEnd =
  (fallback: 'complete' | 'stopped'): Read =>
  (message, meta, headers, emit) => {
    const given = headers[Header.Status]
    const status = given === 'error' || given === 'stopped' || given === 'complete' ? given : fallback
    const { message: reason, code } = fields(json(message.data))
    const error =
      typeof reason === 'string' ? { message: reason, ...(typeof code === 'string' && { code }) } : undefined
    emit({
      ...meta,
      type: 'end',
      status,
      error: error ?? (status === 'error' ? { message: 'the agent failed' } : undefined),
    })
  }

const readPrompt: Read = (message, meta, _headers, emit) => {
  const data = json(message.data)
  const body = typeof data === 'string' ? { text: data } : fields(data)
  if (typeof body.text !== 'string') throw new Error('its data has no text')
  emit({
    ...meta,
    type: 'prompt',
    id: string(body.promptId) ?? meta.promptId ?? meta.serial,
    text: body.text,
  })
}

type ToolChange = Extract<StreamEvent, { type: 'tool' }>['change']

const readTool =
  (read: (data: Fields) => ToolChange): Read =>
  (message, meta, headers, emit) => {
    const toolCallId = string(headers[Header.ToolCallId])
    if (!toolCallId) throw new Error(`it has no header ${Header.ToolCallId}`)
    const data = fields(json(message.data))
    emit({ ...meta, type: 'tool', toolCallId, toolName: string(data.name), change: read(data) })
  }

const readWholeCall = readTool((data) => ({ kind: 'call', input: json(data.args) }))

/** Arguments whole in one object, or growing as text: as one message or, stamped, as tokens. */
const readToolCall: Read = (message, meta, headers, emit) => {
  if (headers[Header.ToolName] === undefined) return readWholeCall(message, meta, headers, emit)
  const { toolCallId, toolName } = {
    toolCallId: string(headers[Header.ToolCallId]),
    toolName: string(headers[Header.ToolName]),
  }
  if (headers[Header.End] === undefined) return readMessage('tool', 'never')(message, meta, headers, emit)
  readToken(message, meta, headers, (event) =>
    emit({ ...(event as TextEvent), kind: 'tool', toolCallId, toolName }),
  )
}

const readSource: Read = (message, meta, _headers, emit) => {
  const data = fields(json(message.data))
  if (typeof data.url !== 'string') throw new Error('its data has no url')
  const sourceId = string(data.sourceId) ?? meta.part ?? meta.serial
  emit({ ...meta, type: 'source', source: { ...data, sourceId, url: data.url } })
}

const readData: Read = (message, meta, _headers, emit) => {
  const name = message.name!.slice(MessageName.DataPrefix.length)
  emit({
    ...meta,
    type: 'data',
    name,
    data: json(message.data),
    deleted: message.action === 'message.delete',
  })
}

const byName: Record<string, Read> = {
  [MessageName.Token]: readToken,
  [MessageName.ResponseComplete]: readComplete('text'),
  [MessageName.ReasoningComplete]: readComplete('reasoning'),
  [MessageName.Response]: readMessage('text', 'never'),
  [MessageName.Message]: readMessage('text', 'with text'),
  [MessageName.AgentResponse]: readMessage('text', 'always'),
  [MessageName.Reasoning]: readReasoning,
  [MessageName.Start]: (_message, meta, _headers, emit) => emit({ ...meta, type: 'start' }),
  [MessageName.Stop]: readEnd('complete'),
  [MessageName.ResponseEnd]: readEnd('complete'),
  [MessageName.Cancelled]: readEnd('stopped'),
  [MessageName.Cancel]: (_message, meta, _headers, emit) => emit({ ...meta, type: 'cancel' }),
  [MessageName.UserInput]: readPrompt,
  [MessageName.ToolCall]: readToolCall,
  [MessageName.ToolProgress]: readTool((data) => ({
    kind: 'progress',
    ...(typeof data.status === 'string' && { status: data.status }),
    ...(typeof data.percentComplete === 'number' && { percentComplete: data.percentComplete }),
  })),
  [MessageName.ToolResult]: readTool((data) =>
    data.error === undefined
      ? { kind: 'result', output: data.result }
      : {
          kind: 'failure',
          errorText: string(data.error) ?? string(fields(data.error).message) ?? 'the tool failed',
        },
  ),
  [MessageName.ApprovalRequest]: readTool((data) => ({
    kind: 'approval-request',
    input: json(data.arguments),
  })),
  [MessageName.ApprovalResponse]: readTool((data) => ({
    kind: 'approval-response',
    approved: data.decision === 'approved',
    ...(typeof data.reason === 'string' && { reason: data.reason }),
  })),
  [MessageName.Source]: readSource,
}

/** An append, update or delete, as against a first version or a summary of annotations. */
function isOperation({ action }: InboundMessage): boolean {
  return action === 'message.append' || action === 'message.update' || action === 'message.delete'
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : none
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Text of a message that may have none; anything but text is a mistake of the publisher's. */
function text(data: unknown): string {
  if (typeof data === 'string') return data
  if (data === undefined || data === null) return ''
  throw new Error('its data is not text')
}

/** §5.10: a stamp that is no whole number of at least 0 counts as absent. */
function stamp(value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** Agents in some languages publish objects as JSON text. */
function json(data: unknown): unknown {
  if (typeof data !== 'string') return data
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}
