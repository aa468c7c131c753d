import { expand } from './vector.ts'
import type { Expected, Vector } from './vector.ts'

type Message = Record<string, unknown>

/** A reader under test. Every method may be asynchronous; `state` is asked when all before it has settled. */
export interface VectorReader {
  /** The channel has attached; `resumed: false` on a later attach says that continuity was lost. */
  attach(resumed: boolean): unknown
  /** Messages that arrive live. */
  deliver(message: Message): unknown
  /** A page of history, newest first, if the reader asks for one. `more`: an older page exists. */
  history(page: Message[], more: boolean): unknown
  /** The channel attaches with a rewind of these, oldest first. */
  rewind(messages: Message[]): unknown
  /** The application's database has these. */
  rows(rows: unknown[]): unknown
  /** Who is present from now on, by clientId. */
  present(clientIds: string[]): unknown
  state(expected: Expected): Shown | Promise<Shown>
  close?(): unknown
}

/** What a reader shows: the responses and prompts that were asked for, and the order of all. */
export interface Shown {
  responses: Record<string, unknown>
  prompts: Record<string, unknown>
  order: string[]
}

export interface VectorResult {
  vector: Vector
  /** Empty when it passed: "step 3: responses.r.text: expected …, got …". */
  failures: string[]
}

/** Runs one vector against a fresh reader. */
export async function runVector(vector: Vector, reader: VectorReader): Promise<string[]> {
  const failures: string[] = []
  for (const [index, step] of vector.steps.entries()) {
    if ('attach' in step) await reader.attach(step.attach.resumed ?? false)
    else if ('deliver' in step) for (const message of step.deliver) await reader.deliver(expand(message))
    else if ('history' in step) await reader.history(step.history.map(expand), step.more ?? false)
    else if ('rewind' in step) await reader.rewind(step.rewind.map(expand))
    else if ('rows' in step) await reader.rows(step.rows)
    else if ('present' in step) await reader.present(step.present)
    else {
      const shown = await reader.state(step.expect)
      failures.push(...differences(step.expect, shown, `step ${index + 1}`))
    }
  }
  await reader.close?.()
  return failures
}

/** Runs vectors, each against a reader of its own. */
export async function runVectors(
  makeReader: (vector: Vector) => VectorReader | Promise<VectorReader>,
  vectors: readonly Vector[],
): Promise<VectorResult[]> {
  const results: VectorResult[] = []
  for (const vector of vectors)
    results.push({ vector, failures: await runVector(vector, await makeReader(vector)) })
  return results
}

/** Where `shown` lacks what is expected. `null` is expected of what is absent. */
export function differences(expected: unknown, shown: unknown, at: string): string[] {
  if (expected === null) return shown === undefined || shown === null ? [] : [mismatch(at, expected, shown)]
  if (Array.isArray(expected)) {
    if (!Array.isArray(shown) || shown.length !== expected.length) return [mismatch(at, expected, shown)]
    return expected.flatMap((one, i) => differences(one, shown[i], `${at}[${i}]`))
  }
  if (typeof expected === 'object') {
    if (typeof shown !== 'object' || shown === null) return [mismatch(at, expected, shown)]
    return Object.entries(expected).flatMap(([key, one]) =>
      differences(one, (shown as Record<string, unknown>)[key], `${at}.${key}`),
    )
  }
  return Object.is(expected, shown) ? [] : [mismatch(at, expected, shown)]
}

function mismatch(at: string, expected: unknown, shown: unknown): string {
  return `${at}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(shown)}`
}
