import type { Conversation, ConversationMessage, ResponseWriter } from '@rejoin/agent'
import { fromAnthropic } from '@rejoin/agent/providers/anthropic'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { actFor, play } from './acts.ts'
import { continuedBy } from './continued.ts'
import type { Asking } from './asking.ts'
import type { ModelStream } from './model.ts'
import { paced } from './pace.ts'
import { rest } from './resume.ts'
import { timed } from './thinking.ts'

/** Asks the model, and publishes what it says as it says it. A recorded model says it at the given pace. */
export async function respond(asking: Asking): Promise<void> {
  const { model, prompt, response, conversation, files, pace } = asking
  const { signal } = response
  const tell = (thoughtFor: number) => response.metadata({ thoughtFor })
  if (!model.recorded) {
    const stream = await model.ask({
      conversation: withBeginning(conversation, response),
      signal,
      file: files.inline,
    })
    await response.pipe(timed(eventsOf(stream), tell))
    return
  }
  const continued = continuedBy(prompt, conversation)
  const known = (continued?.length ?? 0) + (response.resumed ? response.text.length : 0)
  const act = actFor(continued?.prompt ?? prompt)
  if (act) return play(act, { ...asking, ...continued }, known)
  const stream = await model.ask({ conversation: continued?.conversation ?? conversation, signal })
  const events = eventsOf(stream)
  const left = paced(known > 0 ? rest(events, known) : events, pace, signal)
  await response.pipe(timed(left, tell))
}

const eventsOf = (stream: ModelStream) =>
  stream.api === 'openai' ? fromOpenAI(stream.events) : fromAnthropic(stream.events)

/** Asks a model to go on where the process that died had left its answer. */
function withBeginning(conversation: Conversation, { resumed, text }: ResponseWriter): Conversation {
  if (!resumed || text === '') return conversation
  const part = { id: '0', type: 'text', text, state: 'done' }
  const begun = { role: 'assistant', id: 'begun', status: 'interrupted', text, parts: [part], gaps: [] }
  const more = {
    role: 'user',
    id: 'more',
    parts: [],
    text: 'Your answer was cut off. Continue exactly where it stops, in the middle of a word if need be, and repeat nothing.',
  }
  const added = [begun, more] as unknown as ConversationMessage[]
  return { ...conversation, messages: [...conversation.messages, ...added] }
}
