import type { ChannelOptions, RealtimeClient } from 'ably'
import type { ResponseRow } from '@rejoin/core/protocol'
import type { RecallOptions } from './memory/recall.ts'
import type { CheckpointStore } from './prompts/checkpoint.ts'
import type { ClaimStore } from './prompts/claims.ts'
import type { AllowCancel } from './prompts/promptQueue.ts'
import type { RetryOptions } from './publish/backoff.ts'
import type { Pattern } from './response/runWire.ts'
import type { UploadFile } from './response/values.ts'

export interface AgentOptions {
  /**
   * The agent's Ably client, from `ably` or `ably/modular`; the agent never closes it. With `echoMessages: false` the
   * agent does not receive its own messages.
   */
  client: RealtimeClient
  channelName: string
  channelOptions?: ChannelOptions
  /**
   * Default `message-per-response`, which needs a namespace with mutable messages; `message-per-token` on an encrypted
   * channel, where no reader can decrypt a message that grows.
   */
  pattern?: Pattern
  /**
   * Operations per second, shared by all responses of the connection. Text that has to wait is merged. Default: 40 for
   * `message-per-token` (Ably's smaller packages allow 50 messages per second and connection); no limit for
   * `message-per-response`, where the service itself merges appends (client option `transportParams: {
   * appendRollupWindow: 40 }`, in milliseconds; with more than two concurrent responses, 100 stays within 50 messages
   * per second).
   */
  messagesPerSecond?: number
  /** Bytes that a message may have on your account. A longer text continues in another message. Default 65,536. */
  maxMessageSize?: number
  /** UTF-16 code units that may wait for the network before `pipe` stops reading the model. Default 65,536. */
  highWaterMark?: number
  /** Milliseconds without an acknowledgement after which an operation counts as failed. Default 30,000. */
  publishTimeout?: number
  retry?: RetryOptions
  /**
   * Presence data beside `role: 'agent'`; `false` for no presence. Needs a `clientId` and the capability `presence`.
   * Without presence, readers cannot tell an agent that died from a slow one. The client option `transportParams: {
   * remainPresentFor }`, in milliseconds, sets how long the agent stays present after its process died.
   */
  presence?: object | false
  /**
   * Lets several processes answer under the same `clientId`: only the process that claims a prompt answers it. A store
   * guarantees that one process acts. `channel` needs no store and guarantees less: one answer stands, though two
   * handlers may run. It needs presence, and a client that receives its own messages. Default: the claims of
   * `checkpoints`, if it has any (`memoryCheckpoints()` and `@rejoin/postgres` do). Without claims, every process
   * answers every prompt, and logs a warning when it notices another one.
   */
  claims?: ClaimStore | 'channel' | false
  /** Milliseconds after which another process takes over the prompts of one that died. Default 10,000; `channel`: 5000. */
  claimTtl?: number
  /** Stores a file that the model made, and resolves to its address. Without it, files travel in messages. */
  uploadFile?: UploadFile
  /**
   * Loads messages that the channel no longer has, for `prompt.conversation()`: the same function as in `seed({ load
   * })`.
   */
  load?: RecallOptions['load']
  /** Who may stop which response. Default: everyone on the channel. */
  allowCancel?: AllowCancel
  /**
   * Receives every response at its end, to write it to a database. Write idempotently, by its `id`: after a restart a
   * response may come again. `end()` waits for it. If it throws, it is called again for up to 5 seconds, unless the
   * error is one of PostgreSQL's that no retry can fix (SQLSTATE classes 22 and 23); then the error is reported, and
   * `end()` resolves with `stored: false`. In all strings, U+FFFD replaces NUL and lone surrogates.
   */
  onComplete?: (response: ResponseRow) => unknown
  /**
   * Stores which prompts are unanswered. With it, a restarted agent first reads the prompts it missed from the
   * channel's history, answers them oldest first, and answers none twice.
   */
  checkpoints?: CheckpointStore
  /**
   * Node.js: on these signals, open responses end as `error` (or stay open to be resumed, with a checkpoint store and
   * `interrupted: 'resume'`) before the process exits. `false`: on none. Default `SIGTERM` and `SIGINT`.
   */
  exitSignals?: readonly string[] | false
  /**
   * Node.js: if the process exits without such a signal (`process.exit()`, an uncaught exception) while responses are
   * open, the exit is delayed, by 2.5 seconds at most, until a child process has ended them as `error` over Ably's REST
   * API. `false`: no delay, and the responses stay open until the agent is no longer present. Default true.
   */
  endOnExit?: boolean
}
