import type { ToolPart } from '@rejoin/core'
import type { AnyTool } from './items.ts'

export interface ToolText {
  name: string
  /** What it is about: a query, an address, the first line of a script. */
  about: string
  state: string
  busy: boolean
  /** What it is called with. */
  input: readonly ToolField[]
  output: string
}

/** A field of a tool's input: code stands by itself. */
export interface ToolField {
  label: string
  text: string
  language?: string
}

const states: Record<ToolPart['state'], string> = {
  'input-streaming': 'Preparing',
  'input-available': 'Running',
  'approval-requested': 'Needs your approval',
  'approval-responded': 'Approved',
  'output-available': 'Done',
  'output-error': 'Failed',
  'output-denied': 'You declined',
}

/** A tool call, in words. */
export function describeTool(part: AnyTool, open: boolean): ToolText {
  const busy = open && (part.state === 'input-streaming' || part.state === 'input-available')
  const progress = part.progress?.status
  const waits = !open && part.state.startsWith('input-') ? 'No result' : states[part.state]
  return {
    name: part.title ?? titled(toolName(part)),
    about: aboutOf(part.input) || part.inputText?.slice(-80) || '',
    state: (part.incomplete && 'Receiving') || (busy && progress) || sentDecision(part) || waits,
    busy,
    input: fieldsOf(part),
    output: part.errorText ?? pretty(part.output),
  }
}

/** The agent says whether a decision counts; until then, the decision was only sent. */
function sentDecision({ state, approval }: AnyTool): string | undefined {
  if (state !== 'approval-requested' || !approval?.pending) return undefined
  return approval.pending.approved ? 'Approval sent' : 'Rejection sent'
}

/** Fields that hold code, with the language they are most likely in. */
const codeFields: Record<string, string> = { code: 'python', script: 'bash', command: 'bash', sql: 'sql' }

/** Names and values for a person to read; nested values show as JSON. */
function fieldsOf({ input, inputText }: AnyTool): ToolField[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const text = pretty(input ?? inputText)
    return text === '' ? [] : [{ label: 'Input', text }]
  }
  return Object.entries(input)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => {
      const language = languageOf(key, value, input)
      return { label: titled(key), text: pretty(value), ...(language && { language }) }
    })
}

function languageOf(key: string, value: unknown, input: object): string | undefined {
  if (typeof value === 'object') return 'json'
  if (typeof value !== 'string' || !/\s/.test(value.trim())) return undefined
  if (codeFields[key]) return codeFields[key]
  // The name of a written file tells its language.
  const { path } = input as { path?: unknown }
  return value.includes('\n') && typeof path === 'string' ? /\.(\w{1,8})$/.exec(path)?.[1] : undefined
}

function titled(name: string): string {
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Fields that say what a call is about, whichever tool it is. */
const telling = new Set(['query', 'queries', 'url', 'command', 'pattern', 'path', 'code'])

function aboutOf(input: unknown): string {
  if (typeof input === 'string') return input.trim().split('\n')[0]!.slice(0, 120)
  if (typeof input !== 'object' || input === null) return ''
  const entries = Object.entries(input).filter(([key]) => key !== 'type')
  const rank = ([key]: [string, unknown]) => (telling.has(key) ? 0 : 1)
  for (const [, value] of entries.sort((a, b) => rank(a) - rank(b))) {
    const about = aboutOf(value)
    if (about !== '') return about
  }
  return ''
}

/** At most so much is put into the page: outputs of tools can be whole web pages. */
const longest = 20_000

function pretty(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return text.length > longest
    ? `${text.slice(0, longest)}\n… ${text.length - longest} characters more`
    : text
}

/** What the page itself can do for the agent. */
export const clientTools = {
  get_location: {
    question: 'The agent would like to know where you are.',
    yes: 'Share my location',
    no: 'No, thanks',
    declined: 'you declined',
  },
} as const

export const isClientTool = (name: string): name is keyof typeof clientTools => name in clientTools

export const toolName = (part: AnyTool): string =>
  part.type === 'dynamic-tool' ? part.toolName : part.type.slice('tool-'.length)

/** Whether it waits for a person. */
export const asks = (part: AnyTool): boolean =>
  part.state === 'approval-requested' || (part.state === 'input-available' && isClientTool(toolName(part)))

export function locate(): Promise<{ latitude: number; longitude: number }> {
  return new Promise((resolve, reject) => {
    if (!('geolocation' in navigator)) return reject(new Error('this browser knows no location'))
    navigator.geolocation.getCurrentPosition(
      // About a kilometre: precise enough for the weather, and it keeps the place private.
      ({ coords }) => resolve({ latitude: round(coords.latitude), longitude: round(coords.longitude) }),
      (error) => reject(new Error(error.code === 1 ? 'the permission was refused' : error.message)),
      { timeout: 15_000 },
    )
  })
}

const round = (degrees: number) => Math.round(degrees * 100) / 100
