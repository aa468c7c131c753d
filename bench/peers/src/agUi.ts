import { AbstractAgent, EventType } from '@ag-ui/client'
import type { BaseEvent, RunAgentInput } from '@ag-ui/client'
import { from } from 'rxjs'
import type { Peer, PeerResponse } from './peer.ts'
import { earlierAnswer, idOf, textOf } from './peer.ts'

class Agent extends AbstractAgent {
  next: PeerResponse | undefined

  override run({ threadId, runId }: RunAgentInput): ReturnType<AbstractAgent['run']> {
    return from(eventsOf(this.next!, threadId, runId)) as unknown as ReturnType<AbstractAgent['run']>
  }
}

function* eventsOf(
  { responseId: messageId, messages }: PeerResponse,
  threadId: string,
  runId: string,
): Iterable<BaseEvent & object> {
  yield { type: EventType.RUN_STARTED, threadId, runId }
  yield { type: EventType.TEXT_MESSAGE_START, messageId, role: 'assistant' }
  for (const message of messages) {
    const [id, delta] = [idOf(message), textOf(message)]
    yield { type: EventType.TEXT_MESSAGE_CONTENT, messageId: id, delta }
  }
  yield { type: EventType.TEXT_MESSAGE_END, messageId }
  yield { type: EventType.RUN_FINISHED, threadId, runId }
}

export const agUi: Peer = {
  name: 'AG-UI',
  open(messages) {
    let notifications = 0
    const agent = new Agent({
      threadId: 't',
      initialMessages: Array.from({ length: messages }, (_, i) => ({
        id: `past-${i}`,
        role: i % 2 ? ('assistant' as const) : ('user' as const),
        content: earlierAnswer,
      })),
    })
    agent.subscribe({ onMessagesChanged: () => void notifications++ })
    return Promise.resolve({
      stream(response) {
        agent.next = response
        return async () => void (await agent.runAgent())
      },
      text: () => agent.messages.at(-1)!.content as string,
      notifications: () => notifications,
    })
  },
}
