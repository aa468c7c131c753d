import type { ResponseState } from '@rejoin/core'
import { describeGap, missingIn } from './gaps.ts'
import type { IconName } from './icons.ts'

/** Something that a person should know about an answer. */
export interface Fact {
  kind: 'gap' | 'healed' | 'verified' | 'cut' | 'stopped' | 'interrupted' | 'suspended' | 'error'
  tone: '' | 'good' | 'warn' | 'bad'
  text: string
  icon?: IconName
}

/** `stored`: the text is what the agent put into the database when it had finished. */
export function factsOf(
  { status, gaps, hasGap, healed, verified, error, finishReason }: ResponseState,
  stored: boolean,
): Fact[] {
  const facts: Fact[] = []
  if (hasGap) {
    const missing = gaps.length > 0 ? missingIn(gaps) : undefined
    const text = `${capital(describeGap(missing))}; resending…`
    facts.push({ kind: 'gap', tone: 'warn', icon: 'warning', text })
  } else if (healed) {
    const text = `${healed === 1 ? '1 character was' : `${healed.toLocaleString('en')} characters were`} missing and filled in`
    facts.push({ kind: 'healed', tone: 'good', icon: 'check', text })
  }
  if ((verified || stored) && status === 'complete' && !hasGap)
    facts.push({ kind: 'verified', tone: '', icon: 'check', text: 'Exactly what the model wrote' })
  if (finishReason === 'length')
    facts.push({
      kind: 'cut',
      tone: 'warn',
      icon: 'warning',
      text: 'The model reached its limit before the end',
    })
  if (finishReason === 'content-filter')
    facts.push({ kind: 'cut', tone: 'warn', icon: 'warning', text: "The provider's filter ended the answer" })
  if (status === 'suspended') facts.push({ kind: 'suspended', tone: '', text: 'Waiting for a decision' })
  if (status === 'stopped') facts.push({ kind: 'stopped', tone: '', text: 'Stopped' })
  if (status === 'interrupted')
    facts.push({
      kind: 'interrupted',
      tone: 'warn',
      icon: 'warning',
      text: 'The agent went offline before the end',
    })
  if (status === 'error')
    facts.push({
      kind: 'error',
      tone: 'bad',
      icon: 'warning',
      text: error?.message ?? 'The agent could not finish this answer',
    })
  return facts
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
