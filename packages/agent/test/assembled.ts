import type { ModelEvent } from '../src/response/modelEvent.ts'
import { checkGrammar } from './providerRecordings.ts'

export interface AssembledCall {
  id: string
  name: string
  input?: unknown
  errorText?: string
  output?: unknown
}

/** What a stream of events comes to, as a reader puts it together. */
export interface Assembled {
  text: string
  reasoning: string
  calls: AssembledCall[]
  urls: string[]
  files: string[]
  metadata: Record<string, unknown>
  dropped: string[]
  /** `complete` with a `finish`, `stopped` after an abort, else `error`. */
  status: 'complete' | 'stopped' | 'error'
  end: ModelEvent | undefined
}

export function assembled(events: readonly ModelEvent[]): Assembled {
  checkGrammar(events)
  const end = events.at(-1)
  const status = end?.type === 'finish' ? 'complete' : end?.type === 'abort' ? 'stopped' : 'error'
  const found: Assembled = {
    text: '',
    reasoning: '',
    calls: [],
    urls: [],
    files: [],
    metadata: {},
    dropped: [],
    status,
    end,
  }
  for (const event of events) add(found, event)
  return found
}

function add(found: Assembled, event: ModelEvent): void {
  switch (event.type) {
    case 'text-delta':
      found.text += event.delta
      return
    case 'reasoning-delta':
      found.reasoning += event.delta
      return
    case 'tool-input-start':
      found.calls.push({ id: event.toolCallId, name: event.toolName })
      return
    case 'tool-input-available':
    case 'tool-input-error':
    case 'tool-output-available':
    case 'tool-output-error':
      Object.assign(
        found.calls.find(({ id }) => id === event.toolCallId)!,
        outcome(event),
      )
      return
    case 'source-url':
      found.urls.push(event.url)
      return
    case 'file':
      found.files.push(event.url)
      return
    case 'metadata':
      Object.assign(found.metadata, event.metadata)
      return
    case 'dropped':
      found.dropped.push(event.what)
  }
}

function outcome(event: ModelEvent): object {
  return {
    ...('input' in event && { input: event.input }),
    ...('output' in event && { output: event.output }),
    ...('errorText' in event && { errorText: event.errorText }),
  }
}
