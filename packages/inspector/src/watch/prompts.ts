import type { PromptState } from '@rejoin/core'
import type { Publish, Timeline } from '../record/timeline.ts'
import type { Inspectable } from './inspectable.ts'

/** A prompt of one's own is among the newest entries while it is on its way. */
const LOOK_BACK = 20

const fates: { readonly [D in PromptState['delivery']]: Publish['fate'] } = {
  uploading: 'waiting',
  sending: 'waiting',
  sent: 'stored',
  failed: 'refused',
}

/** Records what becomes of the prompts that this session sends. */
export function watchPrompts(session: Inspectable, timeline: Timeline): () => void {
  const pending = new Map<string, Publish['fate']>()
  const tell = ({ id, text, delivery }: PromptState) => {
    const fate = fates[delivery]
    const before = pending.get(id)
    // A prompt that is `sent` when first seen came from the channel.
    if (fate === before || (before === undefined && fate === 'stored')) return
    if (fate === 'stored') pending.delete(id)
    else pending.set(id, fate)
    timeline.publish({ id, what: 'prompt', characters: text.length, fate })
  }
  const look = () => {
    const ids = new Set(pending.keys())
    for (const { id, role } of session.getSnapshot().entries.slice(-LOOK_BACK))
      if (role === 'user') ids.add(id)
    for (const id of ids) {
      const prompt = session.getPrompt(id)
      if (prompt) tell(prompt)
      else pending.delete(id)
    }
  }
  look()
  return session.subscribe(look)
}
