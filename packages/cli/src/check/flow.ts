import { Header, MessageName, Metadata } from '@rejoin/core/protocol'
import { textOf, type Operation } from '../wire/operation.ts'
import { quoted } from './finding.ts'

/** One operation on a text that grows. */
export interface Step {
  readonly operation: Operation
  readonly kind: 'create' | 'append' | 'full'
  /** The text it carries: a fragment, or the whole. */
  readonly given: string
  /** The text after it, as the channel has it. */
  readonly text: string
  /** `undefined`: it has none. */
  readonly end: string | undefined
  readonly phase: string | undefined
  readonly checksum: string | undefined
  /** For a report: `append 2 of "response" (part 0), "is a"`. */
  readonly label: string
}

/** A text that grows: one message, or one run of tokens. */
export interface Flow {
  readonly unit: 'message' | 'token'
  readonly name: string
  readonly part: string | undefined
  readonly steps: Step[]
}

const tokens: Record<string, string> = {
  [MessageName.Token]: 'text',
  [MessageName.ResponseComplete]: 'text',
  [MessageName.Reasoning]: 'reasoning',
  [MessageName.ReasoningComplete]: 'reasoning',
}
const replacing: ReadonlySet<string> = new Set<string>([
  MessageName.ResponseComplete,
  MessageName.ReasoningComplete,
])

/** The texts of one response, in the order in which they begin. */
export function flowsOf(operations: readonly Operation[]): Flow[] {
  const flows = new Map<string, Flow>()
  const perToken = operations.some(({ name }) => name === MessageName.Token)
  for (const operation of operations) {
    const key = keyOf(operation, perToken)
    if (key === undefined || operation.kind === 'delete') continue
    let flow = flows.get(key)
    if (!flow) {
      const unit = key.startsWith('serial ') ? 'message' : 'token'
      const part = textOf(operation.headers, Header.Part)
      flows.set(key, (flow = { unit, name: operation.name, part, steps: [] }))
    }
    flow.steps.push(stepOf(operation, flow))
  }
  return [...flows.values()]
}

/** The text that an operation belongs to; undefined if it belongs to none. */
function keyOf({ name, serial, headers, data }: Operation, perToken: boolean): string | undefined {
  if (data !== undefined && data !== null && typeof data !== 'string') return undefined
  const grows =
    name === MessageName.Response ||
    name === MessageName.Message ||
    (name === MessageName.Reasoning && !perToken && headers[Header.End] === undefined) ||
    (name === MessageName.ToolCall && headers[Header.ToolName] !== undefined)
  if (grows) return `serial ${serial}`
  const kind = tokens[name]
  return kind && `token ${textOf(headers, Header.Part) ?? kind}`
}

function stepOf(operation: Operation, flow: Flow): Step {
  const { name, headers, metadata } = operation
  const given = typeof operation.data === 'string' ? operation.data : ''
  const before = flow.steps.at(-1)?.text ?? ''
  const token = flow.unit === 'token'
  const adds = token ? !replacing.has(name) : operation.kind === 'append'
  const kind = adds ? 'append' : operation.kind === 'create' && !token ? 'create' : 'full'
  const stamps = token ? headers : metadata
  return {
    operation,
    kind,
    given,
    text: adds ? before + given : given,
    end: asText(stamps[Metadata.End]),
    phase: textOf(stamps, Metadata.Phase),
    checksum: textOf(stamps, Metadata.Checksum),
    label: labelOf(operation, flow, kind, given),
  }
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined
}

function labelOf({ name }: Operation, flow: Flow, kind: Step['kind'], given: string): string {
  const part = flow.part === undefined ? '' : ` (part ${flow.part})`
  const count = flow.steps.filter((step) => step.kind === kind).length + 1
  const what =
    flow.unit === 'token'
      ? `${name} ${flow.steps.length + 1}`
      : `${kind === 'full' ? 'update' : kind} ${kind === 'create' ? '' : `${count} `}of ${name}`
  return `${what}${part}, ${quoted(given)}`
}
