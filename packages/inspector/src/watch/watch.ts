import { count, short } from '../record/sizeOf.ts'
import type { Timeline } from '../record/timeline.ts'
import { watchArrivals } from './arrivals.ts'
import { watchGaps } from './gaps.ts'
import type { Inspectable } from './inspectable.ts'
import { watchPrompts } from './prompts.ts'
import { watchState } from './state.ts'

/** Records what happens to a session. Returns a function that stops. */
export function watch(session: Inspectable, timeline: Timeline): () => void {
  const stops = [
    watchArrivals(session, timeline),
    watchGaps(session, timeline),
    watchState(session, timeline),
    watchPrompts(session, timeline),
    session.on('discontinuity', ({ reason }) =>
      timeline.tell({
        kind: 'connection',
        what: 'discontinuity',
        raw: { reason: String(reason) },
        text: 'Messages may have been missed: the past is read again',
      }),
    ),
    session.on('finish', ({ response }) => {
      const { id, status, text, parts, verified, hasGap, gaps, finishReason, usage, error } = response
      const raw = { id, status, verified, hasGap, gaps, finishReason, usage, error, parts: parts.length }
      timeline.tell({
        kind: 'finish',
        what: status,
        raw,
        text: `${short(id, 40)}, ${count(text.length, 'character')}${verified ? ', verified' : ''}`,
      })
    }),
    session.on('error', (error) => {
      const { name, message, stack } = error
      const code = (error as { code?: unknown }).code
      const what = typeof code === 'string' ? code : name
      timeline.tell({
        kind: 'error',
        what: short(what),
        text: short(message, 400),
        raw: { name, code, message, stack },
      })
    }),
  ]
  return () => {
    for (const stop of stops) stop()
    timeline.spans.endAll(timeline.now())
  }
}
