/** An operation on the channel, as a subscriber hears it. */
export interface WriterOperation {
  readonly kind: string
  readonly name: string
  readonly serial: string
  readonly data: unknown
  readonly headers: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Operations that a vector allows, one or (`*`) any number. */
export interface Allowed {
  readonly kinds: readonly string[]
  readonly names: readonly string[]
  /** With this phase, `end` and `checksum`; absent: with no checksum. */
  readonly closes?: string
  readonly times?: '*'
}

export interface WriterVector {
  readonly name: string
  readonly sections: readonly string[]
  readonly pattern: 'message-per-response' | 'message-per-token'
  readonly fragments: readonly string[]
  readonly times?: number
  readonly refuse?: readonly number[]
  readonly allow?: readonly Allowed[]
  readonly expect: {
    readonly status: string
    readonly runs?: number
    readonly texts: Readonly<Record<string, { text?: string; length: number; checksum: string }>>
  }
}

/** Everything that the model says, piece by piece. */
export function piecesOf({ fragments, times = 1 }: WriterVector): string[] {
  return Array.from({ length: times }, () => fragments).flat()
}

/** What a writer did otherwise than its vector allows. */
export function runWriterVector(
  vector: WriterVector,
  operations: readonly WriterOperation[],
  checksum: (text: string) => string,
): string[] {
  const failures: string[] = []
  const seen = operations.map(({ kind, name }) => `${kind} ${name}`).join(', ')
  if (vector.allow && !matches(vector.allow, operations)) failures.push(`these are not allowed: ${seen}`)
  failures.push(...textFailures(vector.expect, operations, checksum))
  const end = operations.at(-1)
  const status = end?.headers['status'] ?? 'complete'
  if (status !== vector.expect.status)
    failures.push(`expected status ${vector.expect.status}, got ${JSON.stringify(status)}`)
  return failures
}

/** How the texts differ from those expected, and from their own stamps. */
export function textFailures(
  { texts, runs: atLeast = 1 }: Pick<WriterVector['expect'], 'texts' | 'runs'>,
  operations: readonly WriterOperation[],
  checksum: (text: string) => string,
): string[] {
  const failures: string[] = []
  const runs = runsOf(operations)
  for (const [part, { text, length, checksum: sum }] of Object.entries(texts)) {
    const own = [...runs].filter(([name]) => name === part || name.startsWith(`${part}.`))
    const whole = own.map(([, one]) => one.text).join('')
    if (text !== undefined && whole !== text)
      failures.push(`part ${part}: expected ${JSON.stringify(text)}, got ${JSON.stringify(whole)}`)
    if (whole.length !== length)
      failures.push(`part ${part}: expected ${length} code units, got ${whole.length}`)
    if (checksum(whole) !== sum)
      failures.push(`part ${part}: expected checksum ${sum}, got ${checksum(whole)}`)
    if (own.length < atLeast) failures.push(`part ${part}: expected more than ${own.length} runs`)
    own.forEach(([name, run], i) => {
      const phase = i < own.length - 1 ? 'streaming' : 'done'
      const close = { end: String(run.text.length), phase, checksum: checksum(run.text) }
      for (const [key, expected] of Object.entries(close))
        if (run.stamps[key] !== expected)
          failures.push(
            `part ${name}: expected to be closed with ${key} ${expected}, got ${String(run.stamps[key])}`,
          )
    })
  }
  return failures
}

/** Whether the operations are as allowed, from the first to the last. */
function matches([first, ...rest]: readonly Allowed[], operations: readonly WriterOperation[]): boolean {
  if (!first) return operations.length === 0
  const [operation, ...others] = operations
  const fits = operation !== undefined && isAllowed(first, operation)
  if (first.times === '*') return matches(rest, operations) || (fits && matches([first, ...rest], others))
  return fits && matches(rest, others)
}

function isAllowed({ kinds, names, closes }: Allowed, operation: WriterOperation): boolean {
  const { phase, checksum } = { ...operation.headers, ...operation.metadata }
  const closed = checksum === undefined ? undefined : phase
  return kinds.includes(operation.kind) && names.includes(operation.name) && closed === closes
}

interface Run {
  text: string
  stamps: Readonly<Record<string, unknown>>
}

/** Each run's text and last stamps, by header `part`. */
function runsOf(operations: readonly WriterOperation[]): Map<string, Run> {
  const runs = new Map<string, Run>()
  for (const { kind, name, data, headers, metadata } of operations) {
    if (typeof data !== 'string' || typeof headers['part'] !== 'string') continue
    const run = runs.get(headers['part']) ?? { text: '', stamps: {} }
    runs.set(headers['part'], run)
    run.text = kind === 'append' || name === 'token' ? run.text + data : data
    run.stamps = name === 'token' || name === 'response-complete' ? headers : metadata
  }
  return runs
}
