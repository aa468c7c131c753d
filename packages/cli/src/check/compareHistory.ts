import type { Operation } from '../wire/operation.ts'
import { quoted, type Finding } from './finding.ts'
import { responsesOf, type Transcript } from './transcript.ts'

/** Where the channel's history holds another text than subscribers heard. */
export function compareHistory(transcript: Transcript, past: readonly Operation[]): Finding[] {
  const newest = new Map<string, Operation>()
  for (const operation of past) newest.set(operation.serial, operation)
  return responsesOf(transcript).flatMap(({ flows, responseId }) =>
    flows.flatMap(({ steps, unit }): Finding[] => {
      const last = steps.at(-1)!
      const kept = newest.get(last.operation.serial)
      const text = unit === 'token' ? last.given : last.text
      if (
        !kept ||
        kept.version !== last.operation.version ||
        kept.data === text ||
        (kept.data ?? '') === text
      )
        return []
      return [
        {
          section: '9.6',
          severity: 'error',
          responseId,
          message: last.label,
          expected: `history holds what was heard: ${quoted(text)}`,
          got: quoted(String(kept.data)),
        },
      ]
    }),
  )
}
