import type { PromptState, SessionState } from '@rejoin/core'

/** What a person should know about a prompt, and what they can do about it. */
export interface Fate {
  tone: 'calm' | 'bad'
  text: string
  act?: 'retry' | 'again'
}

export function fateOf(prompt: PromptState, status: SessionState['status']): Fate | undefined {
  const { delivery, progress = 0, error, responseId } = prompt
  if (delivery === 'uploading') return { tone: 'calm', text: `Uploading… ${Math.round(progress * 100)} %` }
  if (delivery === 'failed')
    return {
      tone: 'bad',
      text:
        status === 'live'
          ? `Not sent: ${error?.message ?? 'the reason is unknown'}`
          : 'Not sent: no connection. It is sent when the connection is back.',
      act: 'retry',
    }
  if (delivery === 'sending' && status !== 'live')
    return { tone: 'calm', text: 'Sent when the connection is back' }
  // Its answer tells the rest.
  if (responseId !== undefined) return undefined
  switch (prompt.status) {
    case 'queued':
      return { tone: 'calm', text: 'Queued' }
    case 'stopped':
      return { tone: 'calm', text: 'Taken back before an answer began', act: 'again' }
    case 'ignored':
      return { tone: 'bad', text: 'The agent does not answer this', act: 'again' }
    case 'failed':
      return { tone: 'bad', text: 'The agent could not answer this', act: 'again' }
    default:
      return undefined
  }
}
