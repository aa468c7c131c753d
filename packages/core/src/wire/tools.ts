import type { CallFields, ToolEvent } from '../protocol/event.ts'
import { Header, MessageName } from '../protocol/names.ts'
import type { Read, Readers } from './read.ts'
import { bodyOf, fields, readMeta, string, valueOf } from './fields.ts'
import type { Fields } from './fields.ts'
import { readMessageOf, readTokenOf } from './text.ts'
import { valueRef } from './values.ts'

const readTool =
  (read: (data: Fields, strict: boolean) => ToolEvent['change']): Read =>
  (message, headers, emit) => {
    const toolCallId = string(headers[Header.ToolCallId])
    if (!toolCallId) throw new Error(`it has no header ${Header.ToolCallId}`)
    const data = bodyOf(message)
    const meta = readMeta(message, headers)
    const change = read(data, meta.strict)
    const value = valueRef(headers)
    emit({ ...meta, type: 'tool', toolCallId, toolName: string(data.name), change, value })
  }

const readWholeCall = /* @__PURE__ */ readTool((data, strict) => ({
  kind: 'call',
  input: valueOf(data.args, strict),
  ...callFields(data),
}))

/** A call's fields: from its data or, if the data is argument text, from its headers. */
function callFields(from: Fields): CallFields {
  const given: CallFields = {}
  for (const key of [Header.Dynamic, Header.ProviderExecuted, Header.Client] as const)
    if (from[key] === true || from[key] === 'true') given[key] = true
  const title = string(from[Header.Title])
  if (title !== undefined) given.title = title
  return given
}

const readInputToken = /* @__PURE__ */ readTokenOf('tool')
const readInputMessage = /* @__PURE__ */ readMessageOf('tool', 'never')

/** A call's arguments: whole in one object, or growing as text in one message or in stamped tokens. */
const readToolCall: Read = (message, headers, emit) => {
  const grows = headers[Header.ToolName] !== undefined
  const read = !grows ? readWholeCall : headers[Header.End] === undefined ? readInputMessage : readInputToken
  read(message, headers, emit)
  if (!grows) return
  const toolCallId = string(headers[Header.ToolCallId])
  const given = callFields(headers)
  if (toolCallId === undefined || Object.keys(given).length === 0) return
  const change = { kind: 'call-fields' as const, ...given }
  emit({ ...readMeta(message, headers), type: 'tool', toolCallId, toolName: undefined, change })
}

const readToolMetadata = /* @__PURE__ */ readTool((data) => {
  const { providerMetadata, resultProviderMetadata, toolMetadata } = data
  if (toolMetadata !== undefined) return { kind: 'tool-metadata', toolMetadata }
  if (resultProviderMetadata === undefined) return { kind: 'call-metadata', providerMetadata }
  return { kind: 'result-metadata', providerMetadata: resultProviderMetadata }
})

/** Metadata of a call, or of the text or reasoning part that header `part` names. */
const readPartMetadata: Read = (message, headers, emit) => {
  if (headers[Header.ToolCallId] !== undefined) return readToolMetadata(message, headers, emit)
  const { providerMetadata } = bodyOf(message)
  const meta = readMeta(message, headers)
  if (meta.part === undefined) throw new Error('it names no part')
  emit({ ...meta, type: 'part-metadata', providerMetadata })
}

/** Tool calls, their progress and outcome, and approvals. */
export const toolReaders: Readers = {
  [MessageName.ToolCall]: readToolCall,
  [MessageName.ToolProgress]: /* @__PURE__ */ readTool((data) => ({
    kind: 'progress',
    ...(typeof data.status === 'string' && { status: data.status }),
    ...(typeof data.percentComplete === 'number' && { percentComplete: data.percentComplete }),
  })),
  [MessageName.ToolResult]: /* @__PURE__ */ readTool((data) =>
    data.error === undefined
      ? { kind: data.preliminary === true ? 'preliminary' : 'result', output: data.result }
      : {
          kind: 'failure',
          errorText: string(data.error) ?? string(fields(data.error).message) ?? 'the tool failed',
        },
  ),
  [MessageName.ApprovalRequest]: /* @__PURE__ */ readTool((data, strict) => ({
    kind: 'approval-request',
    input: valueOf(data.arguments, strict),
    confirmed: strict,
  })),
  [MessageName.ApprovalResponse]: /* @__PURE__ */ readTool((data, strict) => ({
    kind: 'approval-response',
    approved: data.decision === 'approved',
    ...(typeof data.reason === 'string' && { reason: data.reason }),
    confirms: strict,
    decider: string(data.clientId),
  })),
  [MessageName.PartMetadata]: readPartMetadata,
}
