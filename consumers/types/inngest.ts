import { answerPrompt, type ClaimStore, type PromptHandler } from '@rejoin/agent'
import type { Realtime } from 'ably'
import { Inngest } from 'inngest'

const inngest = new Inngest({ id: 'chat' })

export const answerChat = (client: Realtime, claims: ClaimStore, handler: PromptHandler) =>
  inngest.createFunction(
    { id: 'answer-chat', retries: 10, triggers: [{ event: 'chat/prompt' }] },
    async ({ event, step }) => {
      const { channelName, promptId } = event.data as { channelName: string; promptId: string }
      return step.run('answer', async () => {
        const { status } = await answerPrompt({ client, channelName, promptId, handler, claims })
        if (status === 'claimed') throw new Error('another worker answers it; try again')
        return status
      })
    },
  )
