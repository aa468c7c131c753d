import type { Gap } from '@rejoin/core'
import type { Timeline } from '../record/timeline.ts'
import { count, short } from '../record/sizeOf.ts'
import type { Inspectable } from './inspectable.ts'

/** How many messages, from the newest, are asked for a gap when the inspector comes late. */
const LOOK_BACK = 20

/** Records gaps, from opening to healing. */
export function watchGaps(session: Inspectable, timeline: Timeline): () => void {
  const healedBefore = new Map<string, number>()
  const begin = (responseId: string, gaps: readonly Gap[]) => {
    if (timeline.spans.open('gap', responseId)) return
    healedBefore.set(responseId, session.getResponse(responseId)?.healed ?? 0)
    const label = missingLabel(gaps)
    timeline.totals.gaps++
    timeline.begin('gap', responseId, label, {
      kind: 'gap',
      what: 'gap',
      text: `${short(responseId, 40)}: ${label}`,
      raw: {
        responseId,
        gaps,
      },
    })
  }
  const end = (responseId: string) => {
    const healed = (session.getResponse(responseId)?.healed ?? 0) - (healedBefore.get(responseId) ?? 0)
    healedBefore.delete(responseId)
    const label = healed > 0 ? `${count(healed, 'character')} filled in` : 'filled in'
    const raw = { responseId, healed }
    const told = {
      kind: 'healed',
      what: 'healed',
      text: `${short(responseId, 40)}: ${label}`,
      raw,
    } as const
    if (timeline.end('gap', responseId, label, told)) timeline.totals.healed++
  }
  for (const { id, role } of session.getSnapshot().messages.slice(-LOOK_BACK)) {
    const response = role === 'assistant' ? session.getResponse(id) : undefined
    if (response?.hasGap) begin(id, response.gaps)
  }
  const stops = [
    session.on('gap', ({ responseId, gaps }) => begin(responseId, gaps)),
    session.on('healed', ({ responseId }) => end(responseId)),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function missingLabel(gaps: readonly Gap[]): string {
  let missing = 0
  for (const gap of gaps) {
    if (gap.missing === undefined) return 'text missing'
    missing += gap.missing
  }
  return `${count(missing, 'character')} missing`
}
