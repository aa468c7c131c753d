import { AbstractAgent, EventType } from '@ag-ui/client'
import type { BaseEvent, RunAgentInput } from '@ag-ui/client'
import { from } from 'rxjs'
import type { Peer } from './peer.ts'
import { earlierAnswer } from './peer.ts'

class Agent extends AbstractAgent {
  next: readonly string[] = []
  private count = 0

  override run({ threadId, runId }: RunAgentInput): ReturnType<AbstractAgent['run']> {
    const messageId = `live-${++this.count}`
    return from([
      { type: EventType.RUN_STARTED, threadId, runId },
      { type: EventType.TEXT_MESSAGE_START, messageId, role: 'assistant' },
      ...this.next.map((delta) => ({ type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta })),
      { type: EventType.TEXT_MESSAGE_END, messageId },
      { type: EventType.RUN_FINISHED, threadId, runId },
    ] as BaseEvent[]) as unknown as ReturnType<AbstractAgent['run']>
  }
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
      stream(tokens) {
        agent.next = tokens
        return async () => void (await agent.runAgent())
      },
      text: () => agent.messages.at(-1)!.content as string,
      notifications: () => notifications,
    })
  },
}
