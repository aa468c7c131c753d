import { gapsOf, joinTexts } from '@rejoin/core'
import type {
  DynamicToolPart,
  FilePart,
  Gap,
  NumberedSource,
  Part,
  ReasoningPart,
  ResponseState,
  SourceDocumentPart,
  SourcePart,
  TextPart,
  ToolPart,
} from '@rejoin/core'
import { asks } from './tools.ts'

/** What an answer shows, from top to bottom. */
export type Item = TextItem | ReasoningItem | ToolItem | FileItem | RecipeItem

/** Text parts that follow each other: providers cut one text into several, and Markdown must not notice. */
export interface TextItem {
  kind: 'text'
  key: string
  text: string
  gaps: readonly Gap[]
  /** Numbered marks: after how many UTF-16 code units, and which source. */
  marks: readonly { at: number; number: number }[]
  open: boolean
}

export interface ReasoningItem {
  kind: 'reasoning'
  key: string
  text: string
  gaps: readonly Gap[]
  open: boolean
}

export interface ToolItem {
  kind: 'tool'
  key: string
  part: AnyTool
}

export type AnyTool = ToolPart | DynamicToolPart

export interface FileItem {
  kind: 'file'
  key: string
  part: FilePart
}

/** An object that grows while the model writes it. */
export interface RecipeItem {
  kind: 'recipe'
  key: string
  data: unknown
}

/** An address, or a document without one. */
export interface Source {
  number: number
  url?: string
  title: string
}

export interface View {
  items: Item[]
  /** Each address once, in the order of citation. */
  sources: Source[]
}

export function viewOf(response: ResponseState): View {
  const items: (Item | TextRun)[] = []
  const { sources } = joinTexts(response, response.parts.filter(isSource))
  for (const part of response.parts) {
    if (part.type === 'text') addText(items, part)
    else if (isSource(part)) runOf(items, part)?.parts.push(part)
    else if (part.type === 'reasoning') items.push(reasoningItem(part, response))
    else if (isTool(part)) items.push({ kind: 'tool', key: part.id, part })
    else if (isFile(part)) items.push({ kind: 'file', key: part.id, part })
    else if (part.type === 'data-recipe') items.push({ kind: 'recipe', key: part.id, data: part.data })
  }
  return {
    items: items
      .map((item) => (item.kind === 'run' ? textItem(item, response, sources) : item))
      .filter((item) => item.kind !== 'text' || item.text !== '' || item.gaps.length > 0),
    sources: sources.map(shownSource),
  }
}

/** Text parts that follow each other, and the sources that they cite. */
interface TextRun {
  kind: 'run'
  parts: (TextPart | CitedPart)[]
}

function addText(items: (Item | TextRun)[], part: TextPart): void {
  const previous = items.at(-1)
  if (previous?.kind === 'run') previous.parts.push(part)
  else items.push({ kind: 'run', parts: [part] })
}

/** The texts that a source belongs to: it may come when others have begun. */
function runOf(items: readonly (Item | TextRun)[], { textPart }: CitedPart): TextRun | undefined {
  const runs = items.filter((item) => item.kind === 'run')
  return runs.find(({ parts }) => parts.some(({ id }) => id === textPart)) ?? runs.at(-1)
}

function textItem({ parts }: TextRun, response: ResponseState, all: readonly NumberedSource[]): TextItem {
  const { text, gaps, citations, sources } = joinTexts(response, parts)
  // Numbers count in the whole answer.
  const numbers = sources.map((source) => all.find((one) => isSame(one.part, source.part))!.number)
  const marks = citations
    .map(({ at, number }) => ({ at, number: numbers[number - 1]! }))
    .sort((one, other) => one.at - other.at || one.number - other.number)
  const last = parts.findLast((part) => part.type === 'text')!
  return { kind: 'text', key: parts[0]!.id, text, gaps, marks, open: isOpen(last, response) }
}

function reasoningItem(part: ReasoningPart, response: ResponseState): ReasoningItem {
  const { id, text } = part
  return { kind: 'reasoning', key: id, text, gaps: gapsOf(response, id), open: isOpen(part, response) }
}

const isOpen = ({ state }: TextPart | ReasoningPart, { status }: ResponseState): boolean =>
  state === 'streaming' && status === 'streaming'

function isSame(one: CitedPart, other: CitedPart): boolean {
  return one.type === 'source-url'
    ? other.type === 'source-url' && one.url === other.url
    : other.type === 'source-document' && one.sourceId === other.sourceId
}

const shownSource = ({ number, part }: NumberedSource): Source =>
  part.type === 'source-url'
    ? { number, url: part.url, title: part.title || part.url }
    : { number, title: part.title }

/** What stands where text will come; nothing where something grows already, or where a person is waited for. */
export function waitingText({ items }: View): string | undefined {
  const last = items.at(-1)
  if (last?.kind === 'reasoning' && last.open) return undefined
  if (last?.kind === 'text' || (last?.kind === 'tool' && asks(last.part))) return undefined
  return last?.kind === 'tool' ? 'Working' : last ? 'Thinking' : 'Reading your message'
}

type CitedPart = SourcePart | SourceDocumentPart

const isSource = (part: Part): part is CitedPart =>
  part.type === 'source-url' || part.type === 'source-document'

const isTool = (part: Part): part is AnyTool => part.type === 'dynamic-tool' || part.type.startsWith('tool-')

const isFile = (part: Part): part is FilePart => part.type === 'file' || part.type === 'reasoning-file'
