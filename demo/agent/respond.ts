import type { Row } from '@rejoin/core'
import type { Prompt, ResponseWriter } from '@rejoin/agent'
import { fromAnthropic } from '@rejoin/agent/providers/anthropic'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { versionsOf, type Asked } from '../common/versions.ts'
import { actFor, sayAt } from './acts.ts'
import type { Model, Turn } from './model.ts'

/** Asks the model and publishes what it says, as it says it. */
export async function respond(
  model: Model,
  prompt: Prompt,
  response: ResponseWriter,
  recent: readonly Row[],
): Promise<void> {
  const act = model.recorded ? actFor(prompt.text) : undefined
  if (act) return act.play(response, prompt, (text) => sayAt(response, text, model.recorded!.speed))
  const stream = await model.ask(
    [...turnsOf(recent, prompt), { role: 'user', text: prompt.text }],
    response.signal,
  )
  await response.pipe(stream.api === 'openai' ? fromOpenAI(stream.events) : fromAnthropic(stream.events))
}

/** The conversation so far, as a model takes it, without what an edit or another try has replaced. */
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
  const texts = (row.parts ?? []).filter(({ type }) => type === 'text')
  return texts.map(({ text }) => text ?? '').join('')
}
