import type { Message } from 'ably'
import { newId } from '../protocol/newId.ts'
import { Name, Transport } from './envelope.ts'

/** The body of the POST that wakes an agent (`Invocation.fromJSON`). */
export interface Invocation {
  readonly inputEventId: string
  readonly sessionName: string
}

/** A message to publish, and the call that makes an agent answer it. */
export interface OutgoingInput {
  readonly message: Message
  readonly invocation: Invocation
  /** The prompt's id in the session. */
  readonly promptId: string
}

interface InputOptions {
  /** Default: a random one. */
  promptId?: string
  channelName: string
  /** Id of the message that this one follows, for clients of `@ably/ai-transport` that show branches. */
  parent?: string
}

/** A prompt in the format of `@ably/ai-transport`'s Vercel codec: publish the message, then POST the invocation. */
export function promptMessage({ text, ...options }: InputOptions & { text: string }): OutgoingInput {
  const { promptId = newId() } = options
  return input(
    { ...options, promptId },
    { kind: 'user-message', partType: 'text', messageId: promptId },
    { [Transport.Role]: 'user', discrete: 'true' },
    text,
  )
}

/** The outcome of a tool that ran in the browser. `runId`: the response that called it. */
export function toolResultMessage(
  options: InputOptions & { runId: string; toolCallId: string; output: unknown },
): OutgoingInput {
  const { runId, toolCallId, output } = options
  return input(options, { kind: 'tool-result', toolCallId }, { [Transport.RunId]: runId }, { output })
}

/** Asks the agent to stop a run: `channel.publish(cancelMessage(response.id))`. */
export function cancelMessage(runId: string): Message {
  const transport = { [Transport.RunId]: runId, [Transport.EventId]: newId() }
  return { name: Name.Cancel, extras: { ai: { transport } } }
}

function input(
  { promptId = newId(), channelName, parent }: InputOptions,
  codec: Record<string, string>,
  headers: Record<string, string>,
  data: unknown,
): OutgoingInput {
  const inputEventId = newId()
  const transport = {
    [Transport.Stream]: 'false',
    [Transport.CodecMessageId]: promptId,
    [Transport.EventId]: inputEventId,
    ...(parent !== undefined && { [Transport.Parent]: parent }),
    ...headers,
  }
  return {
    message: { name: Name.Input, data, extras: { ai: { transport, codec } } },
    invocation: { inputEventId, sessionName: channelName },
    promptId,
  }
}
