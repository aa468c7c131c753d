import type { InboundMessage } from 'ably'
import { checksum, Header, MessageName, Metadata, Phase, type EndStatus } from '@rejoin/core/protocol'
import type { ProviderMetadata, ToolFields } from './modelEvent.ts'
import { largeField } from './largeValue.ts'
import { headersOf, parsed } from '../inbound/fields.ts'

/** One message (per token: one run of messages) of a text that a former process wrote. */
export interface PastText {
  readonly serial: string
  text: string
  done: boolean
  /** Version of the last operation on the message. */
  version?: string | undefined
}

export interface PastPart {
  readonly kind: 'text' | 'reasoning' | 'tool' | 'source' | 'file' | 'data'
  readonly part: string
  readonly serial: string
  /** Runs of a text part. */
  readonly pieces: Map<string, PastText>
  readonly toolCallId?: string | undefined
  /** Name of the tool; for other parts, the type of the row. */
  name?: string
  /** Serial of the newest value. */
  version?: string
  input?: unknown
  /** The argument text of a call is shorter than declared. */
  hasGap?: boolean
  output?: unknown
  errorText?: string
  preliminary?: boolean
  /** A client runs the tool: results from clients count. */
  client?: boolean
  /** A person was asked to decide. */
  requested?: boolean
  /** The decision that the former process accepted. */
  decision?: { approved: boolean; reason?: string; clientId?: string }
  /** Fields of a call beside its name and arguments. */
  fields?: ToolFields
  data?: unknown
}

type Data = Record<string, unknown> | undefined

/** A message, read: `part` is the part that it names, if any. */
interface Read {
  readonly message: InboundMessage
  readonly name: string
  readonly headers: Record<string, string>
  readonly serial: string
  readonly part: string | undefined
  readonly data: Data
}

/** A response as the channel holds it. */
export class PastResponse {
  readonly responseId: string
  parts: PastPart[] = []
  /** Names of parts that the former process withdrew. */
  readonly retracted: string[] = []
  metadata: Record<string, unknown> | undefined
  /** The whole response was withdrawn. */
  withdrawn = false
  /** Metadata of parts, by part or call: it may come before the part. */
  readonly #metadata = new Map<string, PastMetadata>()
  /** Serial of the message that marks the beginning. */
  startSerial: string | undefined
  /** Part numbers assigned so far. */
  partCount = 0
  promptId: string | undefined
  /** The response waits for answers to these calls, and nothing was published since. */
  suspendedFor: readonly string[] | undefined
  /** The response was suspended at least once. */
  wasSuspended = false
  /** Serial of the newest answer judged before it was suspended; '' if none was. */
  judged = ''
  /** The response's final status, if it has ended. */
  status: EndStatus | undefined
  /** `finishReason`, `rawFinishReason` and `usage` from the end marker; until then, `usage` from the last `suspend`. */
  fields: object = {}
  /** Why it failed or was stopped. */
  reason: { message: string; code?: string } | undefined
  createdAt = 0
  /** Values that came in pieces, by their id. */
  readonly #pieces = new Map<string, string>()

  constructor(responseId: string) {
    this.responseId = responseId
  }

  /** What the provider, or the tool's maker, told of a part. */
  metadataOf({ part, toolCallId }: PastPart): PastMetadata {
    return this.#metadata.get(metadataKey(part, toolCallId)) ?? {}
  }

  get text(): string {
    return this.parts.map((part) => (part.kind === 'text' ? textOf(part) : '')).join('')
  }

  /** Reads the response's messages, oldest first, in history's form. */
  add(message: InboundMessage): void {
    const { name = '' } = message
    const headers = headersOf(message)
    const serial = message.serial!
    this.createdAt ||= message.timestamp ?? 0
    this.promptId ??= headers[Header.PromptId]
    if (name === MessageName.Value) return this.#piece(headers, message)
    if (Header.Rejoin in headers) this.suspendedFor = undefined
    const data = this.#whole(message, headers, parsed(message.data)) as Data
    const own = headers[Header.Part]
    if (own !== undefined) this.partCount = Math.max(this.partCount, (Number.parseInt(own, 10) || 0) + 1)
    if (own !== undefined && this.retracted.includes(own.split('.')[0]!)) return
    const read = { message, name, headers, serial, part: own, data }
    if (!this.#addFact(read)) this.#addPart(read)
  }

  /** Takes what concerns the response as a whole. Returns false if the message is about something else. */
  #addFact({ name, headers, serial, part, data }: Read): boolean {
    switch (name) {
      case MessageName.Start:
        this.startSerial ??= serial
        return true
      case MessageName.PartMetadata:
        this.#partMetadata(metadataKey(part, headers[Header.ToolCallId]), data)
        return true
      case MessageName.Suspend:
        this.#suspended(data)
        return true
      case MessageName.ResponseMetadata:
        this.metadata = data
        return true
      case MessageName.Retract:
        this.withdrawn ||= data?.['all'] === true
        this.#retract(data?.['parts'])
        return true
      case MessageName.ResponseEnd:
      case MessageName.Stop:
      case MessageName.Cancelled:
        this.#ended(name, headers[Header.Status], data)
        return true
    }
    return false
  }

  #addPart({ message, name, headers, serial, part = serial, data }: Read): void {
    switch (name) {
      case MessageName.Response:
      case MessageName.Reasoning:
      case MessageName.Token:
      case MessageName.ResponseComplete:
      case MessageName.ReasoningComplete:
        return this.#text(message, headers, serial)
      case MessageName.ToolCall:
        return this.#call(message, headers, serial, data)
      case MessageName.ApprovalRequest:
        return this.#requested(headers, serial, data)
      case MessageName.ApprovalResponse:
        return this.#decided(headers, data)
      case MessageName.ToolResult:
        return this.#returned(headers, data)
      case MessageName.Source:
        return this.#value('source', 'source-url', part, serial, data)
      case MessageName.SourceDocument:
        return this.#value('source', 'source-document', part, serial, data)
      case MessageName.File: {
        const { reasoning, ...file } = data ?? {}
        return this.#value('file', reasoning ? 'reasoning-file' : 'file', part, serial, file)
      }
      case MessageName.Custom:
        return this.#value('source', 'custom', part, serial, data)
    }
    if (name.startsWith(MessageName.DataPrefix))
      this.#value('data', name, part, serial, this.#whole(message, headers, message.data))
  }

  #value(kind: 'source' | 'file' | 'data', name: string, part: string, serial: string, data: unknown): void {
    const known = this.parts.find((other) => other.kind === kind && other.part === part)
    if (known) Object.assign(known, { name, data, version: serial })
    else this.#add({ kind, part, serial, pieces: new Map(), name, data })
  }

  #ended(name: string, status: string | undefined, data: Data): void {
    const given = status === 'stopped' || status === 'error' ? status : 'complete'
    this.status = name === MessageName.Cancelled ? 'stopped' : given
    const { finishReason, rawFinishReason, usage, message, code } = data ?? {}
    if (typeof message === 'string') this.reason = { message, ...(typeof code === 'string' && { code }) }
    this.fields = {
      ...(finishReason !== undefined && { finishReason }),
      ...(rawFinishReason !== undefined && { rawFinishReason }),
      ...(usage !== undefined && { usage }),
    }
  }

  #partMetadata(key: string, data: PastMetadata | undefined): void {
    this.#metadata.set(key, { ...this.#metadata.get(key), ...data })
  }

  #piece(headers: Record<string, string>, { clientId, data }: InboundMessage): void {
    const id = valueKey(headers, clientId)
    if (id === undefined || typeof data !== 'string') return
    const known = this.#pieces.get(id) ?? ''
    this.#pieces.set(id, known + followed(known.length, data, Number(headers[Header.End])))
  }

  /** Data of a message, with a value that came in pieces put in. An incomplete value is left out. */
  #whole({ name = '', clientId }: InboundMessage, headers: Record<string, string>, data: unknown): unknown {
    const field = largeField(name)
    const id = valueKey(headers, clientId)
    if (id === undefined || field === undefined) return data
    const json = this.#pieces.get(id) ?? ''
    const agrees =
      json.length === Number(headers[Header.Length]) && checksum(json) === headers[Header.Checksum]
    const value = agrees ? jsonOf(json) : undefined
    return field === '' ? value : { ...(data as object), [field]: value }
  }

  #retract(names: unknown): void {
    if (!Array.isArray(names)) return
    this.retracted.push(...names.filter((name) => typeof name === 'string'))
    this.parts = this.parts.filter(({ part }) => !this.retracted.includes(part))
  }

  #text(message: InboundMessage, headers: Record<string, string>, serial: string): void {
    const { name } = message
    const kind =
      name === MessageName.Reasoning || name === MessageName.ReasoningComplete ? 'reasoning' : 'text'
    const own = headers[Header.Part] ?? serial
    // Per token, a long text is a run of parts `0`, `0.1`, `0.2`, which a later process continues as one part.
    const base = own.split('.')[0]!
    const text = typeof message.data === 'string' ? message.data : ''
    let part = this.parts.find((other) => other.kind === kind && other.part === base)
    if (!part) this.#add((part = { kind, part: base, serial, pieces: new Map() }))
    const token = headers[Header.End] !== undefined
    part.pieces.delete(headers[Header.Continues] ?? '')
    const piece = part.pieces.get(token ? own : serial) ?? { serial, text: '', done: false }
    part.pieces.set(token ? own : serial, piece)
    const phase = token ? headers[Header.Phase] : message.version?.metadata?.[Metadata.Phase]
    const whole = !token || name === MessageName.ResponseComplete || name === MessageName.ReasoningComplete
    if (whole) piece.text = text
    else piece.text += followed(piece.text.length, text, Number(headers[Header.End]))
    // Per token, as in the process that wrote it: the version of the run's first message.
    piece.version = token ? piece.serial : operated(message)
    piece.done ||= phase === Phase.Done
  }

  #call(message: InboundMessage, headers: Record<string, string>, serial: string, data: unknown): void {
    const streamed = headers[Header.ToolName]
    const fields = (typeof data === 'object' && data ? data : {}) as {
      name?: string
      args?: unknown
    }
    const tool = this.#tool(headers, serial, streamed ?? fields.name)
    const given: Record<string, unknown> = streamed === undefined ? fields : headers
    const title = asText(given[Header.Title])
    if (isSet(given[Header.Client])) tool.client = true
    tool.fields = {
      ...tool.fields,
      ...(isSet(given[Header.Dynamic]) && { dynamic: true }),
      ...(isSet(given[Header.ProviderExecuted]) && { providerExecuted: true }),
      ...(title !== undefined && { title }),
    }
    if (streamed === undefined) return void (tool.input = fields.args)
    // Arguments too long for one message continue in the next.
    const done = message.version?.metadata?.[Metadata.Phase] === Phase.Done
    tool.pieces.delete(headers[Header.Continues] ?? '')
    const text = typeof message.data === 'string' ? message.data : ''
    tool.pieces.set(serial, { serial, text, done, version: operated(message) })
    if (Number(message.version?.metadata?.[Metadata.End]) > text.length) tool.hasGap = true
    if (done) tool.input = jsonOf(textOf(tool))
  }

  #tool(headers: Record<string, string>, serial: string, name = 'tool'): PastPart {
    const toolCallId = headers[Header.ToolCallId]
    const known = this.parts.find((part) => part.kind === 'tool' && part.toolCallId === toolCallId)
    if (known) return known
    const part = headers[Header.Part] ?? serial
    const tool: PastPart = { kind: 'tool', part, serial, pieces: new Map(), toolCallId, name }
    this.#add(tool)
    return tool
  }

  #knownTool(headers: Record<string, string>): PastPart | undefined {
    return this.parts.find(({ toolCallId }) => toolCallId === headers[Header.ToolCallId])
  }

  #suspended(data: Data): void {
    const ids = data?.['toolCallIds']
    this.suspendedFor = Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
    this.wasSuspended = true
    this.judged = asText(data?.['judged']) ?? ''
    const usage = data?.['usage']
    if (typeof usage === 'object' && usage) this.fields = { usage }
  }

  #requested(headers: Record<string, string>, serial: string, data: Data): void {
    const tool = this.#tool(headers, serial, asText(data?.['name']))
    tool.input ??= data?.['arguments']
    tool.requested = true
  }

  /** The call has a result, perhaps a preliminary one. */
  #returned(headers: Record<string, string>, data: Data): void {
    const tool = this.#knownTool(headers)
    if (!tool || !data) return
    if ('error' in data) tool.errorText = String(data['error'])
    else tool.output = data['result']
    tool.preliminary = data['preliminary'] === true
  }

  /** The former process has confirmed a decision. */
  #decided(headers: Record<string, string>, data: Data): void {
    const tool = this.#knownTool(headers)
    if (!tool || !data) return
    const reason = asText(data['reason'])
    const clientId = asText(data['clientId'])
    tool.decision = {
      approved: data['decision'] === 'approved',
      ...(reason !== undefined && { reason }),
      ...(clientId !== undefined && { clientId }),
    }
  }

  #add(part: PastPart): void {
    this.parts.push(part)
  }
}

/** The key names the sender, so that a stranger's pieces never join the agent's. */
function valueKey(headers: Record<string, string>, clientId: string | undefined): string | undefined {
  const id = headers[Header.Value]
  return id === undefined ? undefined : `${clientId ?? ''} ${id}`
}

/** What `part-metadata` says of one part. */
export interface PastMetadata {
  providerMetadata?: ProviderMetadata
  resultProviderMetadata?: ProviderMetadata
  toolMetadata?: Record<string, unknown>
}

const metadataKey = (part: string | undefined, toolCallId: string | undefined): string =>
  toolCallId === undefined ? `part ${part}` : `call ${toolCallId}`

/** In a call's data a field is a boolean, in headers a text. */
const isSet = (field: unknown): boolean => field === true || field === 'true'

/** Version of the last operation on a message. */
const operated = ({ serial, version }: InboundMessage): string | undefined => version?.serial ?? serial

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The text that a token adds to `length` known code units: nothing after a gap, nothing twice (PROTOCOL.md §5). */
function followed(length: number, text: string, end: number): string {
  return end - text.length > length ? '' : text.slice(length - (end - text.length))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function textOf(part: PastPart): string {
  return [...part.pieces.values()].map(({ text }) => text).join('')
}
