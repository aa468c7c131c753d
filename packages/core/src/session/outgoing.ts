import type { Message } from 'ably'
import { checksum } from '../protocol/checksum.ts'
import { Header, MessageName } from '../protocol/names.ts'
import { bytesOf, piece } from '../protocol/shortened.ts'
import { RejoinError } from '../types/errors.ts'
import { pick } from '../types/pick.ts'
import type { FilePart, PromptPart } from '../types/types.ts'

/** A file to attach: one that the user chose, or one that has a URL already. */
export type Attachment = Blob | Omit<FilePart, 'id' | 'type' | 'incomplete'>

/** Application data beside a prompt's text. */
export interface OutgoingData {
  readonly id?: string
  readonly type: `data-${string}`
  readonly data: unknown
}

export interface OutgoingPrompt {
  text: string
  /** Attached files; a `FileList` works too. */
  files?: Iterable<Attachment>
  /** Application data, and files, in the AI SDK's shapes. */
  parts?: readonly (OutgoingData | (Omit<FilePart, 'id' | 'incomplete'> & { id?: string }))[]
  /** Any JSON about the prompt. */
  metadata?: unknown
  /** The prompt's id; default: a random one. Publishing the same id twice is harmless. */
  promptId?: string
  /**
   * Id of the message that it follows; `null`: it begins the conversation. Default: the last message that shows, or, if
   * it replaces a prompt, the message that that prompt follows.
   */
  parent?: string | null | undefined
  /** Id of the prompt that this one rewords. One of them shows (`getBranch`). */
  replaces?: string
  /** Id of the answer to regenerate; `replaces` names that answer's prompt. */
  regenerate?: string
  /** Further fields for the agent, beside `promptId` and `text`. */
  data?: Record<string, unknown>
  headers?: Record<string, string>
}

/** Uploads a file to the application's own storage. If it throws, the prompt fails; `retryMessage` tries again. */
export type UploadFile = (
  file: File | Blob,
  options: {
    promptId: string
    signal: AbortSignal
    /** Reports progress, from 0 to 1. */
    onProgress: (fraction: number) => void
  },
) => Promise<{ url: string; id?: string }>

/** Maximum size of one publish in bytes of UTF-8, less names, ids and headers. */
export const ROOM = 60_000
/** Length of a prompt's beginning in UTF-16 code units, if it does not fit into one message. */
const HEAD = 20_000
/** UTF-16 code units of a prompt. */
const MOST = 16_000_000

/** The messages that publish a prompt: what does not fit into its message comes first, in pieces (PROTOCOL.md §2.8). */
export function messagesOf(id: string, prompt: OutgoingPrompt, parts: readonly PromptPart[]): Message[] {
  const { text, data, headers } = prompt
  const given = { ...data, ...(parts.length > 0 && { parts }), ...pick(prompt, ['metadata']) }
  const named = { promptId: id, ...pick(prompt, ['parent', 'replaces', 'regenerate']) }
  const body = { ...given, ...named }
  const besides = bytesOf(JSON.stringify(body))
  const name = MessageName.UserInput
  // With a message id of our own, a repeated publish, by the SDK or a retry, changes nothing.
  const message = { id: `${id}:0`, name, ...(headers && { extras: { headers } }) }
  if (besides + bytesOf(JSON.stringify(text)) <= ROOM) return [{ ...message, data: { ...body, text } }]
  // Fields that do not fit follow the text.
  const fits = besides <= ROOM
  const all = fits ? text : text + JSON.stringify(given)
  if (all.length > MOST) throw tooLarge(all.length)
  const room = ROOM - (fits ? besides : 0)
  const most = piece(text, 0, Math.min(HEAD, Math.floor(room / 3)))
  // JSON takes up to six bytes for a code unit.
  const head = bytesOf(JSON.stringify(most)) <= room ? most : piece(text, 0, Math.floor(room / 6))
  const messages = piecesOf(all, head.length).map(({ data: part, end }, nth) => {
    const extras = { headers: { [Header.PromptId]: id, [Header.End]: String(end) } }
    return { id: `${id}.${nth + 1}:0`, name: MessageName.PromptText, data: part, extras }
  })
  const whole = { text: head, length: all.length, checksum: checksum(all) }
  const last = fits ? { ...body, ...whole } : { ...named, ...whole, textLength: text.length }
  return [...messages, { ...message, data: last }]
}

/** Pieces of a text that fit into messages, with the length of the text after each. */
export function piecesOf(text: string, from = 0): { data: string; end: number }[] {
  const pieces: { data: string; end: number }[] = []
  for (let end = from; end < text.length;) {
    // A code unit takes a byte of UTF-8, or up to three.
    const most = piece(text, end, ROOM)
    const data = bytesOf(most) <= ROOM ? most : piece(text, end, ROOM / 3)
    pieces.push({ data, end: (end += data.length) })
  }
  return pieces
}

function tooLarge(length: number): RejoinError {
  return new RejoinError(
    'too_large',
    `unable to send the message; it takes ${length} of ${MOST} characters. Give createSession() the option \`uploadFile\`, or send less`,
  )
}

interface Uploading {
  upload: UploadFile | undefined
  promptId: string
  signal: AbortSignal
  onProgress(fraction: number): void
}

/** A prompt's parts, with a URL for each file: the upload's, or a `data:` URL with the content. */
export async function partsOf(prompt: OutgoingPrompt, uploading: Uploading): Promise<PromptPart[]> {
  const parts: PromptPart[] = []
  for (const part of prompt.parts ?? []) parts.push({ ...part, id: part.id ?? String(parts.length) })
  const files = [...(prompt.files ?? [])]
  for (const [i, file] of files.entries()) {
    const id = String(parts.length)
    if (!(file instanceof Blob)) {
      parts.push({ ...file, id, type: 'file' })
      continue
    }
    const { type: mediaType, size } = file
    const onProgress = (fraction: number): void => uploading.onProgress((i + fraction) / files.length)
    const { url, id: fileId } = uploading.upload
      ? await uploading.upload(file, { ...uploading, onProgress })
      : { url: await dataUrl(file), id: undefined }
    const filename = 'name' in file && typeof file.name === 'string' ? file.name : undefined
    parts.push({
      id,
      type: 'file',
      mediaType: mediaType || 'application/octet-stream',
      url,
      size,
      ...pick({ filename, fileId }, ['filename', 'fileId']),
    })
  }
  return parts
}

async function dataUrl(file: Blob): Promise<string> {
  // As base64: four characters for three bytes.
  const length = Math.ceil(file.size / 3) * 4
  if (length > MOST) throw tooLarge(length)
  const bytes = new Uint8Array(await file.arrayBuffer())
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return `data:${file.type || 'application/octet-stream'};base64,${btoa(binary)}`
}
