import type { ToolEvent } from '../protocol/event.ts'
import { Header, MessageName } from '../protocol/names.ts'
import type { Read, Readers } from './read.ts'
import { fields, json, readMeta, string } from './fields.ts'
import type { Fields } from './fields.ts'
import { readMessageOf, readTokenOf } from './text.ts'

const readTool =
  (read: (data: Fields, strict: boolean) => ToolEvent['change']): Read =>
  (message, headers, emit) => {
    const toolCallId = string(headers[Header.ToolCallId])
    if (!toolCallId) throw new Error(`it has no header ${Header.ToolCallId}`)
    const data = fields(json(message.data))
    const meta = readMeta(message, headers)
    const change = read(data, meta.strict)
    emit({ ...meta, type: 'tool', toolCallId, toolName: string(data.name), change })
  }

const readWholeCall = /* @__PURE__ */ readTool((data) => ({ kind: 'call', input: json(data.args) }))
const readInputToken = /* @__PURE__ */ readTokenOf('tool')
const readInputMessage = /* @__PURE__ */ readMessageOf('tool', 'never')

/** Arguments whole in one object, or growing as text: as one message or, stamped, as tokens. */
const readToolCall: Read = (message, headers, emit) => {
  const grows = headers[Header.ToolName] !== undefined
  const read = !grows ? readWholeCall : headers[Header.End] === undefined ? readInputMessage : readInputToken
  read(message, headers, emit)
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
      ? { kind: 'result', output: data.result }
      : {
          kind: 'failure',
          errorText: string(data.error) ?? string(fields(data.error).message) ?? 'the tool failed',
        },
  ),
  [MessageName.ApprovalRequest]: /* @__PURE__ */ readTool((data, strict) => ({
    kind: 'approval-request',
    input: json(data.arguments),
    confirmed: strict,
  })),
  [MessageName.ApprovalResponse]: /* @__PURE__ */ readTool((data, strict) => ({
    kind: 'approval-response',
    approved: data.decision === 'approved',
    ...(typeof data.reason === 'string' && { reason: data.reason }),
    confirms: strict,
    decider: string(data.clientId),
  })),
}
