import type { PromptState, SessionState } from '@rejoin/core'

/** Why a prompt was not sent, and what comes next. */
export function describeFailure({ error }: PromptState, { status }: Pick<SessionState, 'status'>): string {
  if (status !== 'live') return 'Not sent: no connection. It is sent when the connection is back.'
  return `Not sent: ${error?.message ?? 'the reason is unknown'}`
}
