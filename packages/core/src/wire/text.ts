import type { InboundMessage } from 'ably'
import { metOf } from '../protocol/event.ts'
import type { StartEvent, TextEvent } from '../protocol/event.ts'
import type { FinishReason } from '../types/types.ts'
import { Header, MessageName, Metadata, Phase, PROTOCOL_VERSION } from '../protocol/names.ts'
import type { Read, Readers } from './read.ts'
import { promptReaders } from './prompts.ts'
import {
  bodyOf,
  checkText,
  decoded,
  fields,
  isOperation,
  json,
  readMeta,
  stamp,
  string,
  text,
  textEvent,
} from './fields.ts'
import type { Fields } from './fields.ts'

export const readTokenOf =
  (kind: TextEvent['kind']): Read =>
  (message, headers, emit) => {
    const create = !isOperation(message)
    const grows = !create && message.action === 'message.append'
    const phase = headers[Header.Phase]
    const data = create ? text(message) : grows ? undefined : textOf(message)
    const done = phase === undefined ? undefined : phase === Phase.Done
    emit(textEvent(message, headers, kind, 'token', 'append', create, data, headers, done))
    if (grows) throw new Error('a token cannot grow')
    checkText(data, message)
  }

export const readMessageOf =
  (kind: TextEvent['kind'], wholeWhenCreated: 'always' | 'with text' | 'never'): Read =>
  (message, headers, emit) => {
    const op = operation(message)
    const data = textOf(message)
    const metadata = fields(message.version?.metadata)
    const create = op === 'full' && !isOperation(message)
    const done = phaseOf(op, metadata)
    const event = textEvent(message, headers, kind, 'message', op, create, data, metadata, done)
    // An agent without our conventions may publish a whole answer and never mark it done.
    if (
      create &&
      !event.strict &&
      (wholeWhenCreated === 'always' || (wholeWhenCreated === 'with text' && data !== ''))
    )
      event.done = true
    emit(event)
    checkText(data, message)
  }

/** As `text`: what a message says now. */
const textOf = (message: InboundMessage): string | undefined =>
  message.action === 'message.delete' ? '' : text(message)

function operation({ action }: InboundMessage): TextEvent['op'] {
  return action === 'message.append' ? 'append' : action === 'message.delete' ? 'delete' : 'full'
}

/** Whether the part is done. An append without a phase means that more is coming. */
function phaseOf(op: TextEvent['op'], metadata: Fields): boolean | undefined {
  const phase = metadata[Metadata.Phase]
  return phase === undefined ? (op === 'append' ? false : undefined) : phase === Phase.Done
}

/** An operation that carries only its message's serial; the reducer knows the message. */
export const readRevision: Read = (message, headers, emit) => {
  const data = textOf(message)
  const metadata = fields(message.version?.metadata)
  emit({
    ...readMeta(message, headers),
    type: 'revise',
    op: data === undefined ? 'lost' : operation(message),
    text: data ?? '',
    end: stamp(metadata[Metadata.End]),
    checksum: string(metadata[Metadata.Checksum]),
    done: phaseOf(operation(message), metadata),
  })
  checkText(data, message)
}

const finishReasons: readonly FinishReason[] = [
  'stop',
  'length',
  'content-filter',
  'tool-calls',
  'error',
  'other',
]

const readReasoningToken = /* @__PURE__ */ readTokenOf('reasoning')
const readReasoningMessage = /* @__PURE__ */ readMessageOf('reasoning', 'never')

const readReasoning: Read = (message, headers, emit) => {
  // A stamped message is a token; without our headers, so is a new message with text.
  const strict = headers[Header.Rejoin] === PROTOCOL_VERSION
  const token =
    headers[Header.End] !== undefined || (!strict && !isOperation(message) && text(message) !== '')
  ;(token ? readReasoningToken : readReasoningMessage)(message, headers, emit)
}

const readComplete =
  (kind: 'text' | 'reasoning'): Read =>
  (message, headers, emit) => {
    const data = textOf(message)
    if (data === '' && typeof message.data !== 'string' && message.action !== 'message.delete')
      throw new Error('it has no data')
    const done = headers[Header.Phase] !== Phase.Streaming
    const create = !isOperation(message)
    // What it stands for after an append nobody knows, nor which tokens an edit of a text that goes on withdraws.
    const isUnclear = message.action === 'message.append' || (!create && !done)
    const said = isUnclear ? undefined : data
    emit(textEvent(message, headers, kind, 'token', 'full', create, said, headers, done))
    if (isUnclear) throw new Error('a full text among tokens cannot grow, nor be edited while it goes on')
    checkText(data, message)
  }

const readEnd =
  (fallback: 'complete' | 'stopped'): Read =>
  (message, headers, emit) => {
    const { message: reason, code, finishReason: said, rawFinishReason, usage } = bodyOf(message)
    const finishReason = said === undefined ? undefined : finishReasons.find((known) => known === said)
    const given = headers[Header.Status]
    const failed = finishReason === 'error' || (typeof reason === 'string' && said === undefined)
    const status =
      given === 'error' || given === 'stopped' || given === 'complete'
        ? given
        : failed && fallback === 'complete'
          ? 'error'
          : fallback
    const error =
      typeof reason === 'string' ? { message: reason, ...(typeof code === 'string' && { code }) } : undefined
    const { serial, version, responseId, promptId, part, clientId, timestamp, updatedAt, strict, watched } =
      readMeta(message, headers)
    // One literal, as in `textEvent`: a long past has one for each response.
    emit({
      type: 'end',
      serial,
      version,
      responseId,
      promptId,
      part,
      clientId,
      timestamp,
      updatedAt,
      strict,
      watched,
      epoch: undefined,
      userClaim: undefined,
      editor: undefined,
      status,
      error: error ?? (status === 'error' ? { message: 'the agent failed' } : undefined),
      finishReason,
      rawFinishReason: string(rawFinishReason),
      usage: typeof usage === 'object' && usage !== null ? usage : undefined,
    })
  }

const readMetadata: Read = (message, headers, emit) => {
  const metadata = json(decoded(message))
  if (fields(metadata) !== metadata) throw new Error('its data is no object')
  emit({ ...readMeta(message, headers), type: 'metadata', metadata: fields(metadata) })
}

const readRetract: Read = (message, headers, emit) => {
  const { parts, all } = bodyOf(message)
  if (all !== true && !Array.isArray(parts)) throw new Error('its data names no parts')
  const named = (Array.isArray(parts) ? parts : []).filter((part) => typeof part === 'string')
  emit({ ...readMeta(message, headers), type: 'retract', parts: all === true ? 'all' : named })
}

const readSuspend: Read = (message, headers, emit) => {
  const { toolCallIds } = bodyOf(message)
  const ids = Array.isArray(toolCallIds) ? toolCallIds.filter((id) => typeof id === 'string') : []
  emit({ ...readMeta(message, headers), type: 'suspend', toolCallIds: ids })
}

// As its copy is made, so that it has the copy's shape, which V8 keeps (`session/example.ts`).
const readStart: Read = (message, headers, emit) =>
  emit(metOf({ ...readMeta(message, headers), type: 'start' }) as StartEvent)

/** Text and reasoning, prompts, and the start and end of responses. */
export const textReaders: Readers = {
  [MessageName.Token]: /* @__PURE__ */ readTokenOf('text'),
  [MessageName.ResponseComplete]: /* @__PURE__ */ readComplete('text'),
  [MessageName.ReasoningComplete]: /* @__PURE__ */ readComplete('reasoning'),
  [MessageName.Response]: /* @__PURE__ */ readMessageOf('text', 'never'),
  [MessageName.Message]: /* @__PURE__ */ readMessageOf('text', 'with text'),
  [MessageName.AgentResponse]: /* @__PURE__ */ readMessageOf('text', 'always'),
  [MessageName.Reasoning]: readReasoning,
  [MessageName.Start]: readStart,
  [MessageName.Stop]: /* @__PURE__ */ readEnd('complete'),
  [MessageName.ResponseEnd]: /* @__PURE__ */ readEnd('complete'),
  [MessageName.Cancelled]: /* @__PURE__ */ readEnd('stopped'),
  [MessageName.ResponseMetadata]: readMetadata,
  [MessageName.Retract]: readRetract,
  [MessageName.Suspend]: readSuspend,
  ...promptReaders,
}
