import type { Session } from '@rejoin/core'

/** Asks for the rest of an answer that was stopped or interrupted, or that reached the model's limit. */
export const goOn =
  ({ sendMessage }: Pick<Session, 'sendMessage'>) =>
  (responseId: string): Promise<string> =>
    sendMessage({ text: 'Continue', metadata: { continues: responseId } })
