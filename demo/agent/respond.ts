import type { Row } from '@rejoin/core'
import type { Prompt, ResponseWriter } from '@rejoin/agent'
import { fromAnthropic } from '@rejoin/agent/providers/anthropic'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { versionsOf, type Asked } from '../common/versions.ts'
import { actFor, play } from './acts.ts'
import type { Model, ModelStream, Turn } from './model.ts'
import { paced, type Pace } from './pace.ts'
import { rest } from './resume.ts'

/** Asks the model, and publishes what it says as it says it. A recorded model says it at the given pace. */
export async function respond(
  model: Model,
  prompt: Prompt,
  response: ResponseWriter,
  { recent, pace }: { recent: readonly Row[]; pace: Pace },
): Promise<void> {
  const act = model.recorded ? actFor(prompt.text) : undefined
  if (act) return play(act, response, pace)
  const turns: Turn[] = [...turnsOf(recent, prompt), { role: 'user', text: prompt.text }]
  if (!model.recorded) {
    const stream = await model.ask([...turns, ...continuation(response)], response.signal)
    await response.pipe(eventsOf(stream))
    return
  }
  const events = eventsOf(await model.ask(turns, response.signal))
  const left = response.resumed ? rest(events, response.text.length) : events
  await response.pipe(paced(left, pace, response.signal))
}

const eventsOf = (stream: ModelStream) =>
  stream.api === 'openai' ? fromOpenAI(stream.events) : fromAnthropic(stream.events)

/** Asks a model to go on where the process that died had left its answer. */
const continuation = ({ resumed, text }: ResponseWriter): Turn[] =>
  resumed && text !== ''
    ? [
        { role: 'assistant', text },
        {
          role: 'user',
          text: 'Your answer was cut off. Continue exactly where it stops, in the middle of a word if need be, and repeat nothing.',
        },
      ]
    : []

/** The conversation so far, as a model takes it: without prompts that an edit or another try replaced. */
function turnsOf(rows: readonly Row[], asked: Asked): Turn[] {
  const known = versionsOf([...rows.filter(({ id, role }) => role === 'user' && id !== asked.id), asked])
  const replaced = (row: Row) => {
    const version = known.get((row.role === 'user' ? row.id : row.promptId) ?? '')
    return version && (version.version < version.versions || version.root === known.get(asked.id)!.root)
  }
  return rows
    .filter((row) => !replaced(row))
    .map((row) => ({ role: row.role, text: textOf(row) }))
    .filter(({ text }) => text !== '')
}

function textOf(row: Row): string {
  if (row.text !== undefined) return row.text
  return (row.parts ?? []).map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('')
}
