import type { StreamEvent, TextEvent, ToolEvent } from '../protocol/event.ts'
import { checkText, decoded, text } from '../wire/fields.ts'
import { fields, json, readMeta, serialOf, string, Transport } from './envelope.ts'
import type { Envelope } from './envelope.ts'

type Emit = (event: StreamEvent) => void
type Read = (envelope: Envelope, emit: Emit) => void

/** Kinds of the Vercel codec and of the OpenAI codec whose text grows. */
const growing: ReadonlyMap<string, TextEvent['kind']> = /* @__PURE__ */ new Map([
  ['text', 'text'],
  ['reasoning', 'reasoning'],
  ['tool-input', 'tool'],
  ['output_text', 'text'],
  ['refusal', 'text'],
  ['reasoning_text', 'reasoning'],
  ['reasoning_summary_text', 'reasoning'],
  ['function_call_arguments', 'tool'],
])

/** Reads a message of an agent's output: a text that grows, or an event on its own. */
export function readOutput(envelope: Envelope, emit: Emit): void {
  const { message, transport, codec } = envelope
  const kind = string(codec.kind)
  if (kind === undefined) throw new Error('it has no kind')
  const grows = growing.get(kind)
  if (grows && (transport[Transport.Stream] === 'true' || message.action === 'message.append'))
    return readText(envelope, grows, emit)
  decoded(message)
  const read = byKind.get(kind) ?? (kind.startsWith('data-') ? readData : undefined)
  read?.(envelope, emit)
}

function readText(envelope: Envelope, kind: TextEvent['kind'], emit: Emit): void {
  const { message, transport, codec } = envelope
  const { action } = message
  const op = action === 'message.append' ? 'append' : action === 'message.delete' ? 'delete' : 'full'
  const data = op === 'delete' ? '' : text(message)
  const serial = serialOf(message)
  const status = transport[Transport.Status]
  const tool = kind === 'tool' ? toolOf(envelope) : undefined
  // One flat literal: every token passes here. No stamps: this format has none.
  emit({
    type: 'text',
    serial,
    version: string(message.version?.serial) ?? serial,
    responseId: string(transport[Transport.RunId]),
    promptId: string(transport[Transport.InputCodecMessageId]),
    part: undefined,
    clientId: string(message.clientId),
    timestamp: typeof message.timestamp === 'number' ? message.timestamp : 0,
    updatedAt: message.version?.timestamp ?? message.timestamp ?? 0,
    strict: true,
    watched: false,
    epoch: undefined,
    kind,
    unit: 'message',
    op: data === undefined ? 'lost' : op,
    create: action !== 'message.append' && action !== 'message.update' && action !== 'message.delete',
    connectionId: string(message.connectionId),
    text: data ?? '',
    end: undefined,
    checksum: undefined,
    done: status === undefined ? undefined : status !== 'streaming',
    toolCallId: tool?.id,
    toolName: tool?.name ?? string(codec.toolName),
  })
  if (tool && op === 'full') emit(callOf(envelope, tool))
  checkText(data, message)
}

/** The format does not tell which tools run in the browser, so the client that asked may answer any (PROTOCOL.md §8.3). */
const client = 'asker'

function callOf(envelope: Envelope, { id, name }: ReturnType<typeof toolOf>): ToolEvent {
  const change = { kind: 'call-fields' as const, client } as const
  return { ...readMeta(envelope), type: 'tool', toolCallId: id, toolName: name, change }
}

function toolOf({ codec }: Envelope): { id: string; name: string | undefined } {
  const item = fields(json(codec.item))
  const id = string(codec.toolCallId) ?? string(codec.call_id) ?? string(item.call_id)
  if (id === undefined) throw new Error('it names no tool call')
  return { id, name: string(codec.toolName) ?? string(codec.name) ?? string(item.name) }
}

const readTool =
  (changes: (envelope: Envelope) => ToolEvent['change'][]): Read =>
  (envelope, emit) => {
    const { id, name } = toolOf(envelope)
    for (const change of changes(envelope))
      emit({ ...readMeta(envelope), type: 'tool', toolCallId: id, toolName: name, change })
  }

const readData: Read = (envelope, emit) => {
  const { message, codec } = envelope
  if (codec.transient === 'true') return
  emit({
    ...readMeta(envelope),
    part: string(codec.id),
    type: 'data',
    name: string(codec.kind)!.replace(/^data-/, ''),
    data: json(message.data),
    deleted: message.action === 'message.delete',
  })
}

/** Content without a part type of its own shows as data: `data-file`, `data-source-document`. */
const readAsData: Read = (envelope, emit) => {
  const { message, codec } = envelope
  const { kind, providerMetadata: _, ...described } = codec
  const url = string(message.data)
  const data = { ...described, ...(url !== undefined && { url }) }
  emit({ ...readMeta(envelope), type: 'data', name: String(kind), data, deleted: false })
}

const readSource: Read = (envelope, emit) => {
  const { message, codec } = envelope
  const url = string(message.data)
  if (url === undefined) throw new Error('its data has no url')
  const meta = readMeta(envelope)
  const sourceId = string(codec.sourceId) ?? meta.serial
  const title = string(codec.title)
  emit({ ...meta, type: 'source', source: { sourceId, url, ...(title !== undefined && { title }) } })
}

function failure(text: unknown): ToolEvent['change'] {
  return { kind: 'failure', errorText: string(text) ?? 'the tool failed' }
}

/** Single events. Other kinds (`start`, `finish`, …) carry nothing that a reader shows. */
const byKind: ReadonlyMap<string, Read> = /* @__PURE__ */ new Map(
  Object.entries<Read>({
    'tool-input': readTool(({ message }) => [{ kind: 'call', input: json(message.data), client }]),
    'tool-input-error': readTool(({ message }) => {
      const { input, errorText } = fields(json(message.data))
      return [{ kind: 'call', input, client }, failure(errorText)]
    }),
    'tool-output-available': readTool(({ message }) => [
      { kind: 'result', output: fields(json(message.data)).output },
    ]),
    'tool-output-error': readTool(({ message }) => [failure(fields(json(message.data)).errorText)]),
    'tool-output-denied': readTool(() => [{ kind: 'approval-response', approved: false }]),
    'tool-approval-request': readTool(({ message }) => {
      const input = json(message.data)
      return [{ kind: 'approval-request', input: input === '' ? undefined : input }]
    }),
    function_call_output: (envelope, emit) => {
      const item = fields(fields(json(envelope.message.data)).item)
      const toolCallId = string(item.call_id)
      if (toolCallId === undefined) throw new Error('it names no tool call')
      const change = { kind: 'result' as const, output: json(item.output) }
      emit({ ...readMeta(envelope), type: 'tool', toolCallId, toolName: undefined, change })
    },
    'source-url': readSource,
    'source-document': readAsData,
    file: readAsData,
  }),
)
