import type { StreamEvent, ToolEvent } from '../protocol/event.ts'
import { fields, json, readMeta, string, Transport } from './envelope.ts'
import type { Envelope } from './envelope.ts'

type Emit = (event: StreamEvent) => void

/** Reads a client's message: a prompt, or the outcome of a tool. */
export function readInput(envelope: Envelope, emit: Emit): void {
  const { message, transport, codec } = envelope
  const kind = string(codec.kind)
  if (kind === 'user-message') {
    // Each part of a message is published on its own. The text is the prompt; files are not shown.
    const part = codec.partType
    if (part !== undefined && part !== 'text' && part !== 'input_text') return
    if (transport[Transport.Role] !== undefined && transport[Transport.Role] !== 'user') return
    const meta = readMeta(envelope)
    const id = string(transport[Transport.CodecMessageId]) ?? meta.serial
    const text = typeof message.data === 'string' ? message.data : ''
    emit({ ...meta, type: 'prompt', parts: [], id, text })
    return
  }
  const change = outcome(kind, envelope)
  if (!change) return
  const toolCallId = string(codec.toolCallId) ?? string(codec.call_id)
  if (toolCallId === undefined) throw new Error('it names no tool call')
  // The message that it answers is not a prompt of this response.
  emit({ ...readMeta(envelope), promptId: undefined, type: 'tool', toolCallId, toolName: undefined, change })
}

function outcome(kind: string | undefined, { message, codec }: Envelope): ToolEvent['change'] | undefined {
  const data = fields(json(message.data))
  if (kind === 'tool-result') return { kind: 'result', output: data.output }
  if (kind === 'tool-result-error')
    return { kind: 'failure', errorText: string(data.message) ?? 'the tool failed' }
  if (kind !== 'tool-approval-response') return undefined
  const reason = string(codec.reason)
  return {
    kind: 'approval-response',
    approved: codec.approved === 'true',
    ...(reason !== undefined && { reason }),
  }
}
