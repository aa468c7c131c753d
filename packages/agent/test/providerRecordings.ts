import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ModelEvent } from '../src/response/modelEvent.ts'

/** Streams recorded from real APIs, beside the clone; tests that need them skip where they are absent. */
const root = fileURLToPath(new URL('../../../../shared/recordings/', import.meta.url))

export const haveRecordings = existsSync(root)

export function recordings(api: string): string[] {
  return haveRecordings ? readdirSync(root + api).filter((name) => name.endsWith('.jsonl')) : []
}

export function recorded<Event>(api: string, name: string): Event[] {
  const lines = readFileSync(`${root}${api}/${name}`, 'utf8').split('\n')
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Event)
}

export async function* streamed<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item
}

export async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

export function joined(events: readonly ModelEvent[], type: 'text-delta' | 'reasoning-delta'): string {
  return events.map((event) => (event.type === type ? event.delta : '')).join('')
}

/** What every mapper owes: parts start before they grow and end once, calls are known before their results. */
export function checkGrammar(events: readonly ModelEvent[]): void {
  const open = new Set<string>()
  const begun = new Set<string>()
  const calls = new Map<string, string>()
  for (const event of events) {
    if (event.type === 'part-metadata') {
      const { part, id } = event
      const known = part.startsWith('tool') ? calls.has(id) : begun.has(`${part} ${id}`)
      if (!known) throw new Error(`metadata of ${part} ${id} before its part`)
      continue
    }
    const [kind, what] = event.type.split('-', 2) as [string, string]
    if ((kind === 'text' || kind === 'reasoning') && 'id' in event) {
      const key = `${kind} ${event.id}`
      if (open.has(key) === (what === 'start')) throw new Error(`${event.type} of ${key} out of place`)
      if (what === 'start') {
        begun.add(key)
        open.add(key)
      }
      if (what === 'end') open.delete(key)
    } else if ('toolCallId' in event) {
      if (event.type === 'tool-input-start') {
        if (calls.has(event.toolCallId)) throw new Error(`call ${event.toolCallId} begins twice`)
        calls.set(event.toolCallId, '')
      } else if (event.type !== 'tool-approval-request' && !calls.has(event.toolCallId)) {
        throw new Error(`${event.type} before its call`)
      } else if (event.type === 'tool-input-delta') {
        calls.set(event.toolCallId, calls.get(event.toolCallId)! + event.inputTextDelta)
      } else if (event.type === 'tool-input-available' && calls.get(event.toolCallId)) {
        const streamedInput = JSON.stringify(JSON.parse(calls.get(event.toolCallId)!))
        if (streamedInput !== JSON.stringify(event.input))
          throw new Error(`arguments differ: ${streamedInput}`)
      }
    }
  }
  const last = events.at(-1)
  const ended = last?.type === 'error' || last?.type === 'abort'
  if (open.size > 0 && !ended) throw new Error(`left open: ${[...open].join()}`)
  if (last?.type !== 'finish' && !ended) throw new Error(`ends with ${last?.type}`)
}
