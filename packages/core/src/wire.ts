import type { InboundMessage } from 'ably'
import type { EventMeta, StreamEvent, TextEvent } from './event.ts'
import { CITATIONS, Header, MessageName, Metadata, Phase, PROTOCOL_VERSION } from './protocol.ts'

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
type Read = (message: InboundMessage, headers: Fields, emit: (event: StreamEvent) => void) => void

const none: Fields = Object.freeze({})

/** An app's own header keys, by the documented key each stands for: `{ responseId: 'response_id' }`. */
export type HeaderNames = Partial<Record<string, string>>

/** The documented patterns, and ours beside them (PROTOCOL.md): the only place that reads Ably messages. */
export function documented(options?: { names?: MessageNames; headers?: HeaderNames }): Codec {
  const renamed = Object.entries(options?.headers ?? {})
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
      // A summary repeats its message without being one of its versions.
      if (message.action === 'message.summary') return readSummary(message, emit)
      let read = readers.get(name as string)
      if (!read && typeof name === 'string' && name.startsWith(MessageName.DataPrefix)) read = readData
      if (!read && isOperation(message)) read = readRevision
      if (!read) return
      const headers = fields(fields(message.extras).headers)
      read(message, renamed.length ? rename(headers, renamed) : headers, emit)
      // History tells with a message what is annotated on it.
      if (message.annotations) readSummary(message, emit)
    },
  }
}

function rename(headers: Fields, names: [string, string | undefined][]): Fields {
  const renamed = { ...headers }
  for (const [name, own] of names) {
    if (own === undefined) continue
    delete renamed[name]
    if (headers[own] !== undefined) renamed[name] = headers[own]
  }
  return renamed
}

function readMeta(message: InboundMessage, headers: Fields): EventMeta {
  const serial = serialOf(message)
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
    watched: isWatched(headers),
    epoch: undefined,
  }
}

function isWatched(headers: Fields): boolean {
  return headers[Header.Rejoin] === PROTOCOL_VERSION && headers[Header.Presence] !== 'none'
}

function serialOf(message: InboundMessage): string {
  const serial = message.serial ?? message.id
  if (typeof serial !== 'string' || serial === '') throw new Error('it has no serial')
  return serial
}

/**
 * A text event as one flat literal: spreads and assignments make objects that V8 handles slowly (measured: 30 µs a
 * token instead of 1), and this is where every token passes.
 */
function textEvent(
  message: InboundMessage,
  headers: Fields,
  what: { kind: TextEvent['kind']; unit: TextEvent['unit'] },
  op: TextEvent['op'],
  text: string,
  stamps: Fields,
  done: boolean | undefined,
): TextEvent {
  const serial = serialOf(message)
  return {
    type: 'text',
    serial,
    version: string(message.version?.serial) ?? serial,
    responseId: string(headers[Header.ResponseId]),
    promptId: string(headers[Header.PromptId]),
    part: string(headers[Header.Part]),
    clientId: string(message.clientId),
    connectionId: string(message.connectionId),
    timestamp: typeof message.timestamp === 'number' ? message.timestamp : 0,
    strict: headers[Header.Rejoin] === PROTOCOL_VERSION,
    watched: isWatched(headers),
    epoch: undefined,
    kind: what.kind,
    unit: what.unit,
    op,
    create: !isOperation(message),
    text,
    end: stamp(stamps[Metadata.End]),
    checksum: string(stamps[Metadata.Checksum]),
    done,
    toolCallId: what.kind === 'tool' ? string(headers[Header.ToolCallId]) : undefined,
    toolName: what.kind === 'tool' ? string(headers[Header.ToolName]) : undefined,
  }
}

const readTokenOf = (kind: TextEvent['kind']): Read => {
  const what = { kind, unit: 'token' as const }
  return (message, headers, emit) => {
    if (message.action === 'message.append') throw new Error('a token cannot grow')
    const phase = headers[Header.Phase]
    const data = message.action === 'message.delete' ? '' : text(message.data)
    emit(
      textEvent(
        message,
        headers,
        what,
        'append',
        data,
        headers,
        phase === undefined ? undefined : phase === Phase.Done,
      ),
    )
  }
}

const readMessage = (kind: TextEvent['kind'], wholeWhenCreated: 'always' | 'with text' | 'never'): Read => {
  const what = { kind, unit: 'message' as const }
  return (message, headers, emit) => {
    const op = operation(message)
    const data = op === 'delete' ? '' : text(message.data)
    const metadata = fields(message.version?.metadata)
    const event = textEvent(message, headers, what, op, data, metadata, phaseOf(op, metadata))
    // An agent of no convention may publish an answer whole, and never say that it is done.
    if (
      event.create &&
      !event.strict &&
      (wholeWhenCreated === 'always' || (wholeWhenCreated === 'with text' && data !== ''))
    )
      event.done = true
    emit(event)
  }
}

function operation({ action }: InboundMessage): TextEvent['op'] {
  return action === 'message.append' ? 'append' : action === 'message.delete' ? 'delete' : 'full'
}

/** Whether the part is done. An append that names no phase says: more is coming. */
function phaseOf(op: TextEvent['op'], metadata: Fields): boolean | undefined {
  const phase = metadata[Metadata.Phase]
  return phase === undefined ? (op === 'append' ? false : undefined) : phase === Phase.Done
}

/** A known message goes on, and this delivery no longer carries its name: the reducer remembers. */
const readRevision: Read = (message, headers, emit) => {
  const op = operation(message)
  const metadata = fields(message.version?.metadata)
  emit({
    ...readMeta(message, headers),
    type: 'revise',
    op,
    text: op === 'delete' ? '' : text(message.data),
    end: stamp(metadata[Metadata.End]),
    checksum: string(metadata[Metadata.Checksum]),
    done: phaseOf(op, metadata),
  })
}

const readReasoningToken = readTokenOf('reasoning')
const readReasoningMessage = readMessage('reasoning', 'never')

const readReasoning: Read = (message, headers, emit) => {
  // A token when the agent stamped it as one; without our headers, also when it comes with text of its own.
  const strict = headers[Header.Rejoin] === PROTOCOL_VERSION
  const token =
    headers[Header.End] !== undefined || (!strict && !isOperation(message) && text(message.data) !== '')
  ;(token ? readReasoningToken : readReasoningMessage)(message, headers, emit)
}

const readComplete = (kind: 'text' | 'reasoning'): Read => {
  const what = { kind, unit: 'token' as const }
  return (message, headers, emit) => {
    if (typeof message.data !== 'string') throw new Error('its data is not text')
    emit(
      textEvent(
        message,
        headers,
        what,
        'full',
        message.data,
        headers,
        headers[Header.Phase] !== Phase.Streaming,
      ),
    )
  }
}

const readEnd =
  (fallback: 'complete' | 'stopped'): Read =>
  (message, headers, emit) => {
    const given = headers[Header.Status]
    const status = given === 'error' || given === 'stopped' || given === 'complete' ? given : fallback
    const { message: reason, code } = fields(json(message.data))
    const error =
      typeof reason === 'string' ? { message: reason, ...(typeof code === 'string' && { code }) } : undefined
    emit({
      ...readMeta(message, headers),
      type: 'end',
      status,
      error: error ?? (status === 'error' ? { message: 'the agent failed' } : undefined),
    })
  }

const readPrompt: Read = (message, headers, emit) => {
  const meta = readMeta(message, headers)
  const body = fields(json(message.data))
  const said = body === none ? message.data : body.text
  if (typeof said !== 'string') throw new Error('its data has no text')
  emit({ ...meta, type: 'prompt', id: string(body.promptId) ?? meta.promptId ?? meta.serial, text: said })
}

type ToolChange = Extract<StreamEvent, { type: 'tool' }>['change']

const readTool =
  (read: (data: Fields, strict: boolean) => ToolChange): Read =>
  (message, headers, emit) => {
    const toolCallId = string(headers[Header.ToolCallId])
    if (!toolCallId) throw new Error(`it has no header ${Header.ToolCallId}`)
    const data = fields(json(message.data))
    const meta = readMeta(message, headers)
    const change = read(data, meta.strict)
    emit({ ...meta, type: 'tool', toolCallId, toolName: string(data.name), change })
  }

const readWholeCall = readTool((data) => ({ kind: 'call', input: json(data.args) }))

const readInputToken = readTokenOf('tool')
const readInputMessage = readMessage('tool', 'never')

/** Arguments whole in one object, or growing as text: as one message or, stamped, as tokens. */
const readToolCall: Read = (message, headers, emit) => {
  const grows = headers[Header.ToolName] !== undefined
  const read = !grows ? readWholeCall : headers[Header.End] === undefined ? readInputMessage : readInputToken
  read(message, headers, emit)
}

const readSource: Read = (message, headers, emit) => {
  const data = fields(json(message.data))
  if (typeof data.url !== 'string') throw new Error('its data has no url')
  const meta = readMeta(message, headers)
  const sourceId = string(data.sourceId) ?? meta.part ?? meta.serial
  emit({ ...meta, type: 'source', source: { ...data, sourceId, url: data.url } })
}

/** Tells nothing where no source is cited, unless that is news. */
function readSummary(message: InboundMessage, emit: (event: StreamEvent) => void): void {
  const summary = fields(fields(message.annotations).summary)
  const cited = summary[CITATIONS]
  if (cited === undefined) return
  const counts: Record<string, number> = {}
  for (const [name, entry] of Object.entries(fields(cited))) {
    const { total } = fields(entry)
    if (typeof total === 'number' && total > 0) counts[name] = total
  }
  emit({ ...readMeta(message, none), type: 'summary', counts })
}

const readData: Read = (message, headers, emit) => {
  const name = message.name!.slice(MessageName.DataPrefix.length)
  emit({
    ...readMeta(message, headers),
    type: 'data',
    name,
    data: json(message.data),
    deleted: message.action === 'message.delete',
  })
}

const byName: Record<string, Read> = {
  [MessageName.Token]: readTokenOf('text'),
  [MessageName.ResponseComplete]: readComplete('text'),
  [MessageName.ReasoningComplete]: readComplete('reasoning'),
  [MessageName.Response]: readMessage('text', 'never'),
  [MessageName.Message]: readMessage('text', 'with text'),
  [MessageName.AgentResponse]: readMessage('text', 'always'),
  [MessageName.Reasoning]: readReasoning,
  [MessageName.Start]: (message, headers, emit) => emit({ ...readMeta(message, headers), type: 'start' }),
  [MessageName.Stop]: readEnd('complete'),
  [MessageName.ResponseEnd]: readEnd('complete'),
  [MessageName.Cancelled]: readEnd('stopped'),
  [MessageName.Cancel]: (message, headers, emit) => emit({ ...readMeta(message, headers), type: 'cancel' }),
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
  [MessageName.ApprovalRequest]: readTool((data, strict) => ({
    kind: 'approval-request',
    input: json(data.arguments),
    confirmed: strict,
  })),
  [MessageName.ApprovalResponse]: readTool((data, strict) => ({
    kind: 'approval-response',
    approved: data.decision === 'approved',
    ...(typeof data.reason === 'string' && { reason: data.reason }),
    confirms: strict,
    decider: string(data.clientId),
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
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
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
