import type { UIMessage } from 'ai'
import type { Session } from '../session/session.ts'
import type { ResponseState } from '../types/types.ts'
import { isSettled, isTool, toolName } from './uiMessage.ts'
import type { AnyToolPart } from './uiMessage.ts'

/**
 * Publishes the results, failures and decisions of a message's tools that the chat has and the session lacks. Returns
 * the calls, and a promise of the publishes.
 */
export function publishOutcomes(
  session: Session,
  response: ResponseState,
  message: UIMessage,
): { answered: ReadonlySet<string>; published: Promise<unknown> } {
  const answered = new Set<string>()
  const publishes: Promise<void>[] = []
  for (const part of response.parts) {
    if (!isTool(part) || isSettled(part)) continue
    const { toolCallId } = part
    const shown = message.parts.find((p) => 'toolCallId' in p && p.toolCallId === toolCallId) as
      | AnyToolPart
      | undefined
    const publish = shown && outcomeOf(session, response.id, part, shown)
    if (!publish) continue
    answered.add(toolCallId)
    publishes.push(publish)
  }
  return { answered, published: Promise.all(publishes) }
}

function outcomeOf(
  session: Session,
  responseId: string,
  part: AnyToolPart,
  shown: AnyToolPart,
): Promise<void> | undefined {
  const { toolCallId } = part
  const name = toolName(part)
  if (shown.state === 'output-available')
    return session.addToolOutput({ responseId, toolCallId, tool: name, output: shown.output })
  if (shown.state === 'output-error')
    return session.addToolOutput({
      responseId,
      toolCallId,
      tool: name,
      errorText: shown.errorText ?? 'the tool failed',
    })
  if (shown.approval?.approved === undefined || part.approval?.approved !== undefined) return undefined
  const { approved, reason } = shown.approval
  return session.addToolApprovalResponse({
    responseId,
    toolCallId,
    approved,
    ...(reason !== undefined && { reason }),
  })
}
