import type { Row } from '@rejoin/core'
import type { Prompt, ResponseWriter } from '@rejoin/core/agent'
import { fromAnthropic } from '@rejoin/core/providers/anthropic'
import { fromOpenAI } from '@rejoin/core/providers/openai'
import type { Model, Turn } from './model.ts'

/** Asks the model and publishes what it says, as it says it. */
export async function respond(
  model: Model,
  prompt: Prompt,
  response: ResponseWriter,
  recent: readonly Row[],
): Promise<void> {
  const stream = await model.ask([...turnsOf(recent, prompt.id), { role: 'user', text: prompt.text }], response.signal)
  await response.pipe(stream.api === 'openai' ? fromOpenAI(stream.events) : fromAnthropic(stream.events))
}

/** The conversation so far, as a model takes it: texts that alternate. */
function turnsOf(rows: readonly Row[], except: string): Turn[] {
  return rows
    .filter((row) => row.id !== except)
    .map((row) => ({ role: row.role, text: textOf(row) }))
    .filter(({ text }) => text !== '')
}

function textOf(row: Row): string {
  if (row.text !== undefined) return row.text
  const texts = (row.parts ?? []).filter(({ type }) => type === 'text')
  return texts.map(({ text }) => text ?? '').join('')
}
