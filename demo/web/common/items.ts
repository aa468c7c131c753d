import type {
  DynamicToolPart,
  FilePart,
  Gap,
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
  /** Numbered marks: after how many characters, and which source. */
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
  const items: Item[] = []
  const sources = new Map<string, Source>()
  const cited = (part: CitedPart, key: string, source: Omit<Source, 'number'>) => {
    let known = sources.get(key)
    if (!known) sources.set(key, (known = { ...source, number: sources.size + 1 }))
    cite(items, part, known.number)
  }
  for (const part of response.parts) {
    if (part.type === 'source-url') {
      const { url, title } = part
      cited(part, url, { url, title: title || url })
    } else if (part.type === 'source-document') {
      const { sourceId, title } = part
      cited(part, sourceId, { title })
    } else if (isText(part)) addText(items, part, response)
    else if (isTool(part)) items.push({ kind: 'tool', key: part.id, part })
    else if (isFile(part)) items.push({ kind: 'file', key: part.id, part })
    else if (part.type === 'data-recipe') items.push({ kind: 'recipe', key: part.id, data: part.data })
  }
  return {
    items: items.filter((item) => item.kind !== 'text' || item.text !== '' || item.gaps.length > 0),
    sources: [...sources.values()],
  }
}

function addText(items: Item[], part: TextPart | ReasoningPart, response: ResponseState): void {
  const previous = items.at(-1)
  const gaps = response.gaps.filter((gap) => gap.part === part.id)
  const open = part.state === 'streaming' && response.status === 'streaming'
  if (part.type === 'text' && previous?.kind === 'text') {
    const shift = previous.text.length
    previous.gaps = [...previous.gaps, ...gaps.map((gap) => moved(gap, shift))]
    previous.text += part.text
    previous.open = open
  } else if (part.type === 'text') {
    items.push({ kind: 'text', key: part.id, text: part.text, gaps, marks: [], open })
  } else items.push({ kind: 'reasoning', key: part.id, text: part.text, gaps, open })
}

/** What stands where text will come; nothing where text comes already, or where a person is waited for. */
export function waitingText({ items }: View): string | undefined {
  const last = items.at(-1)
  if (last?.kind === 'text' || (last?.kind === 'tool' && asks(last.part))) return undefined
  return last?.kind === 'tool' ? 'Working' : last ? 'Thinking' : 'Reading your message'
}

type CitedPart = SourcePart | SourceDocumentPart

const isText = (part: Part): part is TextPart | ReasoningPart =>
  part.type === 'text' || part.type === 'reasoning'

const isTool = (part: Part): part is AnyTool => part.type === 'dynamic-tool' || part.type.startsWith('tool-')

const isFile = (part: Part): part is FilePart => part.type === 'file' || part.type === 'reasoning-file'

const moved = (gap: Gap, by: number): Gap => ({ ...gap, from: gap.from + by, to: gap.to + by })

/** A mark stands at the end of what it cites, or where the source came in the stream. */
function cite(items: Item[], source: CitedPart, number: number): void {
  const text = items.findLast((item) => item.kind === 'text')
  if (!text || text.kind !== 'text') return
  const { length } = text.text
  const at = source.endOffset === undefined ? length : Math.min(shownAt(source.endOffset, text.gaps), length)
  if (!text.marks.some((mark) => mark.at === at && mark.number === number))
    text.marks = [...text.marks, { at, number }]
}

/** Offsets count the whole text, so missing text before a place moves it. */
export function shownAt(offset: number, gaps: readonly Gap[]): number {
  let lost = 0
  for (const { from, missing = 0 } of gaps)
    if (from + lost < offset) lost += Math.min(missing, offset - from - lost)
  return offset - lost
}
