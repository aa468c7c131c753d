import { proxyActivities } from '@temporalio/workflow'
import type { Wake } from '@rejoin/agent'
import type { activitiesOf } from './temporal.js'

const { answerChat } = proxyActivities<ReturnType<typeof activitiesOf>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15 seconds',
})

export const chat = (wake: Wake): Promise<string> => answerChat(wake)
