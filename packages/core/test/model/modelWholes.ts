import type { ModelText } from './modelText.ts'

/** A part that is no text: what a reader ends with. */
export interface Whole {
  serial: string
  id: string
  retracted: boolean
  /** Equal to what a view gets, in the end. */
  expected: Record<string, unknown>
}

/** A call, and the part that all of its messages name. */
export interface Call {
  id: string
  part: Record<string, string>
}

/** Publishes a message of the response; returns its serial. */
type Say = (name: string, data: unknown, headers: Record<string, string>) => string

/** Writes the parts of one response that are no texts, as its agent says. */
export class ModelWholes {
  readonly all: Whole[] = []
  private readonly say: Say

  constructor(say: Say) {
    this.say = say
  }

  /** `input`: the arguments, if they were written as a text. */
  *callTool({ id, part }: Call, fails: boolean, input?: ModelText): Generator<void> {
    const headers = { toolCallId: id, ...part }
    const args = { q: id }
    const first = input ? undefined : this.say('tool_call', { name: 'look', args }, headers)
    if (!input) yield
    this.say('tool_progress', { name: 'look', percentComplete: 50 }, headers)
    yield
    const outcome = fails ? { error: 'no' } : { result: [id] }
    this.say('tool_result', { name: 'look', ...outcome }, headers)
    const state = fails
      ? { state: 'output-error', errorText: 'no' }
      : { state: 'output-available', output: [id] }
    this.add(first ?? input!.serial!, id, {
      type: 'tool-look',
      ...state,
      input: input ? JSON.parse(input.text) : args,
      progress: { percentComplete: 50 },
    })
    yield
  }

  *cite(number: string, part: Record<string, string>): Generator<void> {
    const data = { sourceId: `s${number}`, url: `https://x.test/${number}` }
    const serial = this.say('source', data, part)
    this.add(serial, part['part'] ?? data.sourceId, { type: 'source-url', ...data })
    yield
  }

  *giveData(again: boolean, part: Record<string, string>): Generator<void> {
    const serial = this.say('data-count', { n: 1 }, part)
    const whole = this.add(serial, part['part'] ?? serial, { type: 'data-count', data: { n: 1 } })
    yield
    if (!again || part['part'] === undefined) return
    this.say('data-count', { n: 2 }, part)
    whole.expected['data'] = { n: 2 }
    yield
  }

  private add(serial: string, id: string, expected: Record<string, unknown>): Whole {
    const whole = { serial, id, retracted: false, expected }
    this.all.push(whole)
    return whole
  }
}
