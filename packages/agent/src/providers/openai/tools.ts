import { isFields, textIn, type Fields, wordFor } from '../common/intake.ts'
import { insideString } from '../common/toolInput.ts'

/** A tool call of the Responses API. */
export interface ToolItem {
  /** The arguments: a value, or JSON text to parse. */
  readonly input: { readonly value: unknown } | { readonly json: string }
  /** The arguments as they stream; `undefined` if they never do. */
  readonly streamed?: string
  /** The result, if the call itself carries it. */
  readonly outcome?: { readonly output: unknown } | { readonly errorText: string }
}

/** Tools that OpenAI runs. Their calls hold their results or are followed by them. */
const PROVIDER_EXECUTED = new Set([
  'mcp_call',
  'code_interpreter_call',
  'web_search_call',
  'file_search_call',
  'image_generation_call',
  'program',
])

/** Types that are not calls and show nothing to a reader. */
const SILENT = new Set([
  'message',
  'reasoning',
  'mcp_list_tools',
  'mcp_approval_response',
  'additional_tools',
])

export function isCall({ type }: Fields): boolean {
  if (typeof type !== 'string') return false
  return !SILENT.has(type) && !type.endsWith('_output') && !/^(compaction|mcp_approval_request)/.test(type)
}

export function isProviderExecuted(item: Fields): boolean {
  const type = wordFor(item['type'])
  const environment = isFields(item['environment']) ? textIn(item['environment']['type']) : undefined
  if (type === 'tool_search_call') return item['execution'] !== 'client'
  return (
    PROVIDER_EXECUTED.has(type) || (type === 'shell_call' && environment?.startsWith('container') === true)
  )
}

export function toolName(item: Fields): string {
  return textIn(item['name']) ?? wordFor(item['type']).replace(/_call$/, '')
}

/** The start and end of the JSON text around arguments that stream as plain text. */
export function wrapping(type: string): [open: string, close: string] | undefined {
  if (type === 'custom_tool_call') return ['"', '"']
  return type === 'code_interpreter_call' ? ['{"code":"', '"}'] : undefined
}

export function toolItem(item: Fields): ToolItem {
  const { type } = item
  switch (type) {
    case 'function_call':
      return jsonInput(item)
    case 'custom_tool_call':
      return plainInput(type, item['input'], item['input'])
    case 'mcp_call': {
      const { output = null, error } = item
      return { ...jsonInput(item), outcome: error ? { errorText: readable(error) } : { output } }
    }
    case 'code_interpreter_call':
      return {
        ...plainInput(type, item['code'], { code: item['code'] ?? null }),
        outcome: outcome(item, { outputs: item['outputs'] ?? [] }),
      }
    case 'web_search_call':
      return {
        input: { value: item['action'] ?? {} },
        outcome: outcome(item, { action: item['action'] ?? null }),
      }
    case 'file_search_call':
      return {
        input: { value: { queries: item['queries'] ?? [] } },
        outcome: outcome(item, { results: item['results'] ?? null }),
      }
    case 'image_generation_call':
      return { input: { value: {} }, outcome: outcome(item, { status: item['status'] ?? null }) }
  }
  // For shells, computers, patches and tool searches, the action is the input.
  return { input: { value: without(item, 'type', 'id', 'call_id', 'status') } }
}

/** What a `…_output` item says of its call. */
export function outputOf(item: Fields): NonNullable<ToolItem['outcome']> {
  const field = ['output', 'result'].find((name) => item[name] !== undefined)
  const output = field ? item[field] : without(item, 'type', 'id', 'call_id', 'status')
  return item['status'] === 'failed' ? { errorText: readable(output) } : { output }
}

function jsonInput(item: Fields): ToolItem {
  const { arguments: value } = item
  if (typeof value === 'string') return { input: { json: value }, streamed: value }
  return { input: { value: value ?? {} } }
}

function plainInput(type: string, text: unknown, value: unknown): ToolItem {
  const [open, close] = wrapping(type)!
  return {
    input: { value },
    ...(typeof text === 'string' && { streamed: open + insideString(text) + close }),
  }
}

function outcome(item: Fields, output: unknown): NonNullable<ToolItem['outcome']> {
  return item['status'] === 'failed' ? { errorText: 'the tool failed' } : { output }
}

function readable(value: unknown): string {
  if (typeof value === 'string') return value
  const message = isFields(value) ? textIn(value['message']) : undefined
  return message ?? JSON.stringify(value) ?? 'the tool failed'
}

function without(item: Fields, ...names: string[]): Fields {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)))
}
