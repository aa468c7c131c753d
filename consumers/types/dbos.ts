import { DBOS } from '@dbos-inc/dbos-sdk'
import { answerPrompt, type ClaimStore, type PromptHandler, type Wake } from '@rejoin/agent'
import type { Realtime } from 'ably'

export const answerChat = (client: Realtime, claims: ClaimStore, handler: PromptHandler) =>
  DBOS.registerWorkflow(
    async ({ channelName, promptId = '' }: Wake) => {
      const answer = async () => {
        const { status } = await answerPrompt({ client, channelName, promptId, handler, claims })
        if (status === 'claimed') throw new Error('another worker answers it; try again')
        return status
      }
      return DBOS.runStep(answer, { name: 'answer', retriesAllowed: true, maxAttempts: 10 })
    },
    { name: 'answerChat' },
  )
