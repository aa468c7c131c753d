import type { ModelEvent } from '../../response/modelEvent.ts'
import { isFields, textIn, type Fields } from '../common/intake.ts'

/** A call with complete arguments and no result yet. */
export interface OpenCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
}

/** The questions of a graph that waits for a person: one request for each action it wants to take. */
export function* approvalRequests(interrupt: Fields, open: readonly OpenCall[]): Generator<ModelEvent> {
  const id =
    textIn(interrupt['id']) ?? textIn(interrupt['interrupt_id']) ?? textIn(interrupt['ns']) ?? 'interrupt'
  const actions = actionsOf(interrupt['value'])
  if (actions.length === 0) {
    const input = interrupt['value'] ?? null
    return yield {
      type: 'tool-approval-request',
      toolCallId: id,
      toolName: 'interrupt',
      input,
      approvalId: id,
    }
  }
  const taken = new Set<string>()
  for (const [place, { name, args, reason }] of actions.entries()) {
    const json = JSON.stringify(args)
    const call = open.find(
      (call) => call.toolName === name && !taken.has(call.toolCallId) && JSON.stringify(call.input) === json,
    )
    const toolCallId = call?.toolCallId ?? (actions.length > 1 ? `${id}-${place}` : id)
    taken.add(toolCallId)
    yield {
      type: 'tool-approval-request',
      toolCallId,
      toolName: name,
      input: args,
      approvalId: id,
      ...(reason && { reason }),
    }
  }
}

interface Action {
  readonly name: string
  readonly args: unknown
  readonly reason: string | undefined
}

/** Reads the shapes of LangChain's human-in-the-loop middleware and of the older agent inbox. */
function actionsOf(value: unknown): Action[] {
  if (Array.isArray(value)) return value.flatMap(actionsOf)
  if (!isFields(value)) return []
  const requests = value['actionRequests'] ?? value['action_requests']
  if (Array.isArray(requests)) return requests.filter(isFields).flatMap((request) => action(request, value))
  return isFields(value['action_request']) ? action(value['action_request'], value) : []
}

function action(request: Fields, about: Fields): Action[] {
  const name = textIn(request['name']) ?? textIn(request['action'])
  if (!name) return []
  const args = request['args'] ?? request['arguments'] ?? {}
  return [{ name, args, reason: textIn(request['description']) ?? textIn(about['description']) }]
}
