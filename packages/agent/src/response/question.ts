import { ErrorCode, RejoinError, MessageName } from '@rejoin/core/protocol'
import type { Answers } from '../inbound/answers.ts'
import { parsed, type Who } from '../inbound/fields.ts'
import type { ResponseBody } from './responseBody.ts'

/** A tool call of a response that waits for an answer. */
export interface Question {
  readonly body: ResponseBody
  readonly asker: Pick<Who, 'clientId'> | undefined
  readonly signal: AbortSignal
  readonly toolCallId: string
  answers(): Promise<Answers>
  /** Ends this run of the handler; returns what to end it with. */
  suspend(): RejoinError
  /** Records whether the handler waits for an answer for which it may be suspended. */
  waits(waits: boolean): void
  report(error: RejoinError): void
}

export interface ClientToolOptions {
  /** Whose result counts. Default: the prompt's sender; without a prompt, any client. */
  allow?: (who: Who) => boolean
  /** Milliseconds. Default 60,000; 0 with `suspend`. */
  timeout?: number
  /** As for `approval`. */
  suspend?: boolean
}

export interface ClientToolResult extends Who {
  readonly output?: unknown
  /** The tool failed on the client, or the user refused it. */
  readonly errorText?: string
}

export interface ApprovalOptions {
  /** Whose decision counts. Default: the prompt's sender; without a prompt, any identified client. */
  allow?: (who: Who, decision: { approved: boolean }) => boolean
  /** Milliseconds. Default: no limit; the response's `signal` ends the wait. With `suspend`: 0. */
  timeout?: number
  /**
   * If there is no decision within `timeout`, ends this run of the handler by throwing `suspended`; the response
   * becomes `suspended`. After a decision, the handler is called again, in this process or another, with the response
   * `resumed`; the same question then resolves at once. Put effects that must happen once after the question.
   */
  suspend?: boolean
}

export interface ApprovalDecision extends Who {
  readonly approved: boolean
  readonly reason?: string
}

export async function clientTool(
  question: Question,
  call: { name: string; args?: unknown },
  options: ClientToolOptions,
): Promise<ClientToolResult> {
  const { body, asker, signal, toolCallId } = question
  const answers = await question.answers()
  if (!body.begin()) throw ended(question)
  if (!options.suspend || !body.tools.isAsked(toolCallId, given(call.args)))
    body.tools.available(toolCallId, call.name, call.args, { client: true })
  body.tools.ask(toolCallId, true)
  const result = await answered(
    question,
    options.suspend,
    answers.wait<{ output?: unknown; errorText?: string }>({
      name: MessageName.ToolResult,
      toolCallId,
      timeout: options.timeout ?? (options.suspend ? 0 : 60_000),
      signal,
      allow: options.allow ?? (({ clientId }) => !asker || clientId === asker.clientId),
      read(message) {
        const data = parsed(message.data) as { result?: unknown; error?: unknown } | undefined
        if (typeof data !== 'object' || !data) return undefined
        if (data.error === undefined) return { output: data.result ?? null }
        return { errorText: typeof data.error === 'string' ? data.error : JSON.stringify(data.error) }
      },
    }),
  )
  const { clientId: _, userClaim: __, ...outcome } = result
  body.tools.answered(toolCallId, outcome)
  return result
}

export async function approval(
  question: Question,
  call: { name: string; arguments?: unknown },
  options: ApprovalOptions,
): Promise<ApprovalDecision> {
  const { body, asker, signal, toolCallId } = question
  const answers = await question.answers()
  if (!body.begin()) throw ended(question)
  const args = given(call.arguments)
  const confirmed = body.tools.decision(toolCallId)
  const asked = options.suspend && body.tools.isAsked(toolCallId, args)
  body.tools.ask(body.tools.start(toolCallId, call.name).toolCallId)
  if (confirmed) return { clientId: undefined, userClaim: undefined, ...confirmed }
  if (!asked) body.tools.approvalRequested(toolCallId, call.name, args)
  const decision = await answered(
    question,
    options.suspend,
    answers.wait<{ approved: boolean; reason?: string }>({
      name: MessageName.ApprovalResponse,
      toolCallId,
      timeout: options.timeout ?? (options.suspend ? 0 : undefined),
      signal,
      allow:
        options.allow ??
        (({ clientId }) =>
          clientId !== undefined && (asker?.clientId === undefined || clientId === asker.clientId)),
      read(message) {
        const data = parsed(message.data) as { decision?: unknown; reason?: unknown } | undefined
        if (data?.decision !== 'approved' && data?.decision !== 'rejected') return undefined
        const reason = typeof data.reason === 'string' ? { reason: data.reason } : {}
        return { approved: data.decision === 'approved', ...reason }
      },
    }),
  )
  const { approved, reason, clientId } = decision
  // Nothing follows the end of a response.
  if (body.begin())
    body.tools.decided(toolCallId, { approved, ...(reason && { reason }), ...(clientId && { clientId }) })
  return decision
}

/** If no answer comes, tells the readers, who wait for one too. */
async function answered<T>(question: Question, suspend = false, answer: Promise<T>): Promise<T> {
  const { body, toolCallId } = question
  if (suspend) question.waits(true)
  try {
    return await answer
  } catch (error) {
    if (suspend && error instanceof RejoinError && error.code === ErrorCode.Timeout) throw question.suspend()
    if (body.begin()) body.tools.error(toolCallId, (error as Error).message)
    throw error
  } finally {
    if (suspend) question.waits(false)
  }
}

/** Arguments that were left out; `null` is an argument. */
const given = (args: unknown): unknown => (args === undefined ? {} : args)

function ended({ signal }: Question): unknown {
  return signal.reason ?? new RejoinError(ErrorCode.Closed, 'unable to ask; the response has ended')
}
