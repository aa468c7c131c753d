import { Context } from '@temporalio/activity'
import { answerPrompt, type ClaimStore, type PromptHandler, type Wake } from '@rejoin/agent'
import type { Realtime } from 'ably'

export const activitiesOf = (client: Realtime, claims: ClaimStore, handler: PromptHandler) => ({
  async answerChat({ channelName, promptId = '' }: Wake): Promise<string> {
    const context = Context.current()
    const beat = setInterval(() => context.heartbeat(), 5000)
    try {
      const signal = context.cancellationSignal
      const { status } = await answerPrompt({ client, channelName, promptId, handler, claims, signal })
      if (status === 'claimed') throw new Error('another worker answers it; try again')
      return status
    } finally {
      clearInterval(beat)
    }
  },
})
