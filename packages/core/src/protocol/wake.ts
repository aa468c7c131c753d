/** A reason for an agent to look at a channel. It only says where to look: the channel says who asked, and what. */
export interface Wake {
  readonly channelName: string
  readonly promptId?: string
  readonly responseId?: string
  readonly reason: 'prompt' | 'approval' | 'tool-result'
}
