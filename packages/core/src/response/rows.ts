import type { Conversation } from './conversation.ts'
import type { ReviseEvent, TextEvent } from '../protocol/event.ts'
import { OpenPart } from './part.ts'
import type { KnownRow, Response } from './response.ts'
import { runIndex } from './partList.ts'
import { Run } from '../text/run.ts'
import { OpenText } from './textPart.ts'
import type { ToldPrompt } from './knownPrompt.ts'
import type { Shelved } from './shelf.ts'
import { quoted, RejoinError, wrapError } from '../types/errors.ts'
import { isOpen, isOver, isStatus } from '../types/status.ts'
import { timeOf } from '../types/time.ts'
import type {
  Part,
  PromptPart,
  PromptRow,
  ProviderMetadata,
  ResponseRow,
  ResponseStatus,
  Row,
  RowPart,
} from '../types/types.ts'

/**
 * Shows what the app's database has of a conversation (PROTOCOL.md §6.7). A row that cannot be shown does not hide the
 * others: the first error is returned.
 */
export function applyRows(conversation: Conversation, rows: readonly Row[]): RejoinError | undefined {
  if (!isList(rows))
    return new RejoinError(
      'invalid_argument',
      `unable to show rows; they must be an array, and are ${quoted(rows)}`,
    )
  example ??= new ShelvedRow({ id: '', role: 'assistant', createdAt: 1e12 }, { reading: 0 } as Conversation)
  const news: ShelvedRow[] = []
  let first: RejoinError | undefined
  for (let i = 0; i < rows.length; i++) {
    const error = takeRow(conversation, rows[i]!, news)
    first ??= error
  }
  conversation.shelf!.hold(news, conversation.reading)
  return first
}

/** A database has `null` where a row has nothing; as a serial, it would be that of all these rows. */
function withoutNulls(row: Row): Row {
  for (const key in row)
    if (row[key as keyof Row] === null && key !== 'parent') {
      const given = Object.entries(row).filter(([name, value]) => value !== null || name === 'parent')
      return Object.fromEntries(given) as unknown as Row
    }
  return row
}

/** Of an answer with a status that a newer version or another schema gave it, nothing tells that it is complete. */
function withKnownStatus(row: Row, conversation: Conversation): Row {
  const status = row?.status
  if (status === undefined) return row
  if (row.role === 'user' ? PROMPT_STATUS.test(status) : isStatus(status)) return row
  const shown = row.role === 'user' ? 'no status' : 'status "error"'
  conversation.oddRow(`unable to tell what status ${quoted(status)} of a row means; it shows with ${shown}`)
  if (row.role === 'user') return { ...row, status: undefined }
  const message = `its row has the unknown status ${quoted(status)}`
  return { ...row, status: 'error', error: row.error ?? { message } }
}

const PROMPT_STATUS = /^(sent|queued|answering|answered|steered|stopped|ignored|failed)$/

/** A function of its own, since V8 drops the optimized code of a closure with the closure. */
function takeRow(conversation: Conversation, given: Row, news: ShelvedRow[]): RejoinError | undefined {
  try {
    if (shelve(conversation, given, news)) return undefined
    const row = withKnownStatus(withoutNulls(given), conversation)
    if (row === given || !shelve(conversation, row, news)) applyRow(conversation, row)
    return undefined
  } catch (cause) {
    return cause instanceof RejoinError ? cause : wrapError('show a row', cause, 'invalid_argument')
  }
}

/** Returns whether the row of an answer that is over, and news, waits to be asked for. */
function shelve(conversation: Conversation, row: Row, news: ShelvedRow[]): boolean {
  if (!isFit(row) || !isNews(row, conversation)) return false
  const shelved = new ShelvedRow(row, conversation)
  conversation.shelf!.put(shelved)
  news.push(shelved)
  return true
}

function applyRow(conversation: Conversation, row: Row): void {
  const { id, role, content } = (row ?? {}) as { id?: unknown; role?: unknown; content?: unknown }
  if (typeof id !== 'string' || id === '' || (role !== 'user' && role !== 'assistant'))
    throw new RejoinError(
      'invalid_argument',
      `unable to show row ${quoted(id)} with role ${quoted(role)}; a row has a non-empty string as \`id\`, and as \`role\` "user" or "assistant". Leave other rows out`,
    )
  if (content && isBlank(row))
    throw new RejoinError(
      'invalid_argument',
      `unable to show row ${quoted(id)}; it has \`content\`: pass that as \`text\`, or as \`parts\``,
    )
  const { text = '', parts = none } = row
  if (typeof text !== 'string' || !isList(parts) || !(parts as readonly RowPart[]).every(isFitPart))
    throw new RejoinError(
      'invalid_argument',
      `unable to show row ${quoted(id)}; its \`text\` must be a string, and its \`parts\` objects with a \`type\`, as texts with a string as \`text\``,
    )
  if (row.role === 'user') applyPromptRow(conversation, row)
  else applyResponseRow(conversation, row)
}

/** Whether nothing is known yet of the response that a row is about. */
function isNews({ id, serial }: ResponseRow, { roster, shelf }: Conversation): boolean {
  return (
    !shelf!.byId.has(id) &&
    roster.known(id) === undefined &&
    (serial === undefined || !(roster.serials.has(serial) || shelf!.idsBySerial.has(serial)))
  )
}

function applyPromptRow(conversation: Conversation, row: PromptRow): void {
  const given = (row.parts ?? none) as readonly RowPart[]
  const text = row.text ?? given.map((p) => (p.type === 'text' ? (p.text ?? '') : '')).join('')
  const prompt: Mutable<ToldPrompt> = {
    id: row.id,
    text,
    parts: given.length > 0 ? promptPartsOf(given) : none,
    createdAt: timeOf(row.createdAt) || 0,
    delivery: 'sent',
  }
  // One by one: to spread an object of the given ones cost most of what taking a row does.
  if (row.serial !== undefined) prompt.serial = row.serial
  if (row.clientId !== undefined) prompt.clientId = row.clientId
  if (row.parent !== undefined) prompt.parent = row.parent
  if (row.replaces !== undefined) prompt.replaces = row.replaces
  if (row.regenerate !== undefined) prompt.regenerate = row.regenerate
  if (row.metadata !== undefined) prompt.metadata = row.metadata
  if (row.data !== undefined) prompt.data = row.data
  if (row.status !== undefined) prompt.status = row.status
  conversation.note({ type: 'row', prompt })
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const promptPartsOf = (given: readonly RowPart[]): readonly PromptPart[] =>
  given
    .filter((part) => part.type !== 'text')
    .map((part, i) => ({ id: String(i), ...part }) as unknown as PromptPart)

function applyResponseRow(conversation: Conversation, row: ResponseRow): void {
  const before = conversation.shelf!.byId.get(row.id)
  // A row that is complete stays as it is.
  if (before instanceof ShelvedRow && before.clientId === row.clientId) return
  const response = show(conversation, row)
  if (response) conversation.rowChanged(response)
}

/** A complete row whose response was not asked for yet. */
class ShelvedRow implements Shelved {
  declare readonly id: string
  declare readonly role: 'assistant'
  declare readonly serial: string | undefined
  declare readonly createdAt: number
  declare readonly promptId: string | undefined
  declare readonly clientId: string | undefined
  declare readonly status: ResponseStatus
  declare reading: number | undefined
  declare ref: Shelved['ref']
  declare private row: ResponseRow | undefined
  declare private readonly conversation: Conversation

  constructor(row: ResponseRow, conversation: Conversation) {
    this.id = row.id
    this.role = 'assistant'
    this.serial = row.serial
    this.createdAt = timeOf(row.createdAt) || 0
    this.promptId = row.promptId
    this.clientId = row.clientId
    this.status = row.status ?? 'complete'
    this.reading = conversation.reading
    this.ref = undefined
    this.row = row
    this.conversation = conversation
  }

  serials(): readonly string[] {
    const { serial, parts } = this.row!
    if (!parts) return serial === undefined ? none : [serial]
    const serials = serial === undefined ? [] : [serial]
    for (const part of parts) if (part.serial) serials.push(part.serial)
    return serials
  }

  /** The database has them. */
  measure(): void {}

  make(): Response {
    const { id, serial, clientId, conversation } = this
    const row = this.row!
    this.row = undefined
    return show(conversation, row) ?? conversation.roster.rowFor(id, serial, clientId)
  }
}

/** While one is left, V8 keeps the code that makes the others. Its time is a large number, as theirs are. */
let example: ShelvedRow | undefined

const none: readonly never[] = Object.freeze([])

/** `Array.isArray` itself would make `any[]` of rows. */
const isList = (rows: unknown): boolean => Array.isArray(rows)

const isBlank = ({ text, parts }: Row): boolean => text === undefined && parts === undefined

/** Whether a row is complete and well formed, so that its response can wait. Other rows are applied at once. */
function isFit(row: Row | null): row is ResponseRow {
  if (row?.role !== 'assistant') return false
  const { id, status, retracted, text, parts, serial, promptId, clientId } = row
  return (
    !isBlank(row) &&
    typeof id === 'string' &&
    id !== '' &&
    (status === undefined || isOver(status)) &&
    // The types know no `null`, but databases do.
    (serial as unknown) !== null &&
    (promptId as unknown) !== null &&
    (clientId as unknown) !== null &&
    !retracted &&
    (text === undefined || typeof text === 'string') &&
    (parts === undefined || (Array.isArray(parts) && parts.every(isFitPart)))
  )
}

const isFitPart = (part: RowPart | null): boolean =>
  typeof part === 'object' && typeof part?.type === 'string' && typeof (part.text ?? '') === 'string'

const MAY_HAVE_TEXT = /^(text|reasoning|data-.*|tool-.*)$/s

/** Makes the response show its row. Returns it if anything changed. */
function show({ roster, oddRow }: Conversation, row: ResponseRow): Response | undefined {
  const { id, serial, clientId, parts = none } = row
  const response = roster.rowFor(id, serial, clientId)
  if (!amend(response, row)) return undefined
  for (const { type, text } of parts)
    if (text !== undefined && !MAY_HAVE_TEXT.test(type))
      oddRow(`unable to take the parts of type ${quoted(type)} of a row as text; name that "text"`)
  roster.noteMessages(response)
  if (serial !== undefined) roster.noteSerial(serial, response)
  return response
}

/** Returns whether anything changed. */
function amend(response: Response, row: ResponseRow): boolean {
  const known = response.parts.ordered
  // A response that ended on the channel needs no row, unless only its end was read or text is missing.
  const whole = !response.open && known.length > 0 && !response.withheld && !response.snapshot?.hasGap
  if (response.row?.complete || whole) return false
  const stored = new StoredRow(row)
  if (!stored.complete && known.length > 0) return false
  response.row = stored
  response.promptId ??= row.promptId
  response.clientId ??= row.clientId
  response.serial ??= row.serial
  response.createdAt ||= timeOf(row.createdAt) || 0
  response.updatedAt ||= timeOf(row.updatedAt ?? row.createdAt) || 0
  response.facts.tell(row)
  response.parts.clear()
  const parts: readonly RowPart[] = row.parts ?? (row.text ? [{ type: 'text', text: row.text }] : [])
  parts.forEach((part, i) => addPart(response, part, i, stored.complete, known))
  return true
}

function addPart(
  { parts }: Response,
  part: RowPart,
  index: number,
  complete: boolean,
  known: readonly OpenPart[],
): void {
  // Of a stored message of `useChat`: steps follow from the parts.
  if (part.type === 'step-start') return
  // A tool call is identified by its toolCallId, as on the channel.
  const id = (part.toolCallId as string | undefined) ?? part.id ?? String(index)
  // Rows keep the order of their parts; a leading space sorts them before every serial.
  const serial = ` ${String(index).padStart(6, '0')}`
  if (part.type !== 'text' && part.type !== 'reasoning') {
    const value = new RowValue(id, serial, part)
    if (part.id === undefined) parts.nameless = parts.nameless.concat(value)
    return parts.add(value)
  }
  const before = known.find((one) => one.id === id)
  const open =
    before instanceof OpenText && before.kind === part.type ? before : new OpenText(part.type, id, serial)
  const text = part.text ?? ''
  const run = open.runs[0] ?? new Run(!!part.serial, part.serial)
  if (open.runs.length === 0) open.add(run)
  else open.runs.length = 1
  run.index = 0
  if (part.serial) parts.note(part.serial, { part: open, run })
  const { version = '' } = part
  const { key: newest } = run
  // A row without a version follows the newest known operation: of the channel, or of an older row (before every serial).
  const key = version > newest ? version : newest === '' ? ' ' : `${newest}~`
  // A complete row is final, whatever the stream declared. The stream continues an incomplete one at its end.
  const end = complete ? undefined : text.length
  run.replace({ key, text, end, done: complete }, { final: true, stored: true })
  open.serial = serial
  // Its index in the row is no part number of its agent's, so no retraction applies to it.
  open.number = part.id ?? ''
  open.providerMetadata = part.providerMetadata as ProviderMetadata | undefined
  open.dirty = true
  open.row = part
  parts.add(open)
}

/** A row as its response knows it. */
class StoredRow implements KnownRow {
  readonly status: ResponseStatus
  readonly #parts: readonly RowPart[]
  readonly #texts: readonly string[]

  constructor({ status = 'complete', parts = [], text }: ResponseRow) {
    this.status = status
    this.#parts = parts
    this.#texts = [text ?? '', ...parts.map((part) => part.text ?? '')]
  }

  get complete(): boolean {
    return !isOpen(this.status)
  }

  /** After a complete row, only newer operations count: a later version, or a live edit of the text. */
  isOlderThan(event: TextEvent | ReviseEvent): boolean {
    // Where the text of one message ends in the text of several, the row does not tell.
    if ((event.type === 'text' && runIndex(event) > 0) || this.#parts.some(({ runs = 1 }) => runs > 1))
      return false
    const version = this.#parts.find((p) => p.serial === event.serial)?.version
    if (version !== undefined) return event.version > version
    // Arguments and reasoning are no newer version of the row's text.
    if (event.type === 'text' && event.kind !== 'text') return false
    // What carries a stamp is the agent's own, from before it was done.
    const edited = event.version !== event.serial && event.op !== 'append' && event.end === undefined
    if (!edited || event.epoch === undefined || (event.type === 'text' && event.unit === 'token'))
      return false
    // What the row has is not an edit: it was on its way while the row was read. Of several messages, it is any piece.
    const isKnown = (text: string): boolean =>
      event.editor === undefined ? text.includes(event.text) : text.startsWith(event.text)
    return event.op === 'delete' || !this.#texts.some(isKnown)
  }

  /** A stamped token of a text that the row names. */
  goesOnWith(event: TextEvent | ReviseEvent): boolean {
    if (event.type === 'revise' || event.unit === 'message' || event.end === undefined || runIndex(event) > 0)
      return false
    const id = event.part ?? event.kind
    return this.#parts.some((part) => part.id === id && part.type === event.kind)
  }
}

/** A part that a database row brought, other than text: shown as the app kept it. */
class RowValue extends OpenPart {
  constructor(id: string, serial: string, part: RowPart) {
    super(id, serial)
    this.row = part
    this.number = part.id ?? ''
    const { serial: _, version: __, runs: ___, ...shown } = part
    this.snapshot = { ...shown, id } as unknown as Part
  }
}
