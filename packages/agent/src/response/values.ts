import { ErrorCode, Header, MessageName, RejoinError } from '@rejoin/core/protocol'
import type { CustomEvent, ProviderMetadata, SourceDocumentEvent, SourceEvent } from './modelEvent.ts'
import type { PartText } from './partText.ts'
import type { ResponseParts, WholePart } from './responseParts.ts'

export interface PublishOptions {
  /** Called with the message's serial. */
  done?(serial: string | undefined): void
  /** Called when the message could not be delivered; by default it counts as lost. */
  failed?(error: RejoinError): void
  /** Of the waiting messages with the same key, only the newest is sent. */
  key?: string
  /** Shown to present readers, not stored. */
  ephemeral?: boolean
}

export type Publish = (
  name: string,
  data: unknown,
  headers: Record<string, string>,
  options?: PublishOptions,
) => void

export interface ValuesHost {
  readonly parts: ResponseParts
  nextPart(): string
  publish: Publish
  lost(error: RejoinError): void
}

/** Stores a file that the model made. */
export interface FileUpload {
  readonly data: Uint8Array
  /** IANA media type. */
  readonly mediaType: string
  readonly filename?: string
  readonly responseId: string
  /** Aborts with the response. */
  readonly signal: AbortSignal
}

export type UploadFile = (file: FileUpload) => Promise<{ url: string }>

export interface FileInput {
  /** The content, or its address: a URL, also a `data:` URL. */
  data: Uint8Array | string | URL
  /** IANA media type. */
  mediaType: string
  filename?: string
}

/** The parts of a response that are published whole, and its facts. */
export class Values {
  readonly #host: ValuesHost
  #metadata: Record<string, unknown> | undefined
  /** How often a data id was withdrawn: the next part with that id gets another name. */
  readonly #withdrawn = new Map<string, number>()
  readonly #uploads = new Set<Promise<void>>()

  constructor(host: ValuesHost) {
    this.#host = host
  }

  get metadata(): Record<string, unknown> | undefined {
    return this.#metadata
  }

  /** Takes over the values that a former process published. */
  adoptMetadata(metadata: Record<string, unknown>): void {
    this.#metadata = metadata
  }

  /** `text`: the part in which the offsets count. */
  source(
    source: (Omit<SourceEvent, 'sourceId'> | Omit<SourceDocumentEvent, 'sourceId'>) & { sourceId?: string },
    text?: PartText,
  ): void {
    const { type, textId: _, ...fields } = source
    const part = this.#host.nextPart()
    const data = { sourceId: part, ...fields, ...(text?.part !== undefined && { textPart: text.part }) }
    this.#add(type === 'source-url' ? MessageName.Source : MessageName.SourceDocument, part, data, {
      type,
      id: part,
      ...data,
    })
  }

  custom({ kind, providerMetadata }: CustomEvent): void {
    const part = this.#host.nextPart()
    const data = { kind, ...(providerMetadata && { providerMetadata }) }
    this.#add(MessageName.Custom, part, data, { type: 'custom', id: part, ...data })
  }

  data(name: string, value: unknown, id?: string): void {
    const data = value ?? null
    const times = id === undefined ? undefined : this.#withdrawn.get(id)
    const part = id === undefined ? this.#host.nextPart() : times ? `${id}~${times}` : id
    const type = `${MessageName.DataPrefix}${name}`
    const known = this.#host.parts.records.find((record) => record.kind === 'whole' && record.row.id === part)
    if (known?.kind !== 'whole') return this.#add(type, part, data, { type, id: part, data })
    this.#publish(type, part, data, known)
    Object.assign(known.row, { type, data })
  }

  transient(name: string, data: unknown, id?: string): void {
    const headers: Record<string, string> = id === undefined ? {} : { [Header.Part]: id }
    this.#host.publish(`${MessageName.TransientPrefix}${name}`, data ?? null, headers, {
      ephemeral: true,
      // A transient value's loss is not counted.
      failed: () => {},
      ...(id !== undefined && { key: `transient ${id}` }),
    })
  }

  /** Merges facts about the response into the known ones, key by key. */
  setMetadata(metadata: Record<string, unknown>): void {
    const merged = { ...this.#metadata, ...metadata }
    this.#host.publish(MessageName.ResponseMetadata, merged, {}, { key: 'metadata' })
    this.#metadata = merged
  }

  /** The provider's metadata of a part. If it is too large for the channel, only the row has it. */
  partMetadata(
    headers: Record<string, string>,
    field: 'providerMetadata' | 'resultProviderMetadata' | 'toolMetadata',
    metadata: Record<string, unknown>,
  ): void {
    const failed = (error: RejoinError) => {
      if (error.code !== ErrorCode.TooLarge) this.#host.lost(error)
    }
    const key = `${field} ${JSON.stringify(headers)}`
    this.#host.publish(MessageName.PartMetadata, { [field]: metadata }, headers, { key, failed })
  }

  /** A file with an address, or with its content as a `data:` URL. */
  file(file: {
    url: string
    mediaType: string
    filename?: string
    reasoning?: boolean
    providerMetadata?: ProviderMetadata
  }): void {
    this.#publishFile(this.#reserveFile(file.reasoning), file)
  }

  /** A file whose content is uploaded to the app's storage first; its place among the parts is fixed now. */
  upload(file: FileUpload, upload: UploadFile): Promise<void> {
    const { mediaType, filename } = file
    const part = this.#reserveFile(false)
    const fields = { mediaType, ...(filename !== undefined && { filename }) }
    const uploading = Promise.resolve()
      .then(() => upload(file))
      .then(
        ({ url }) => this.#publishFile(part, { url, ...fields }),
        (cause: unknown) => {
          const { records } = this.#host.parts
          records.splice(records.indexOf(part), 1)
          const message = `unable to publish a file; uploadFile failed: ${(cause as Error | undefined)?.message}`
          this.#host.lost(new RejoinError(ErrorCode.CallbackFailed, message, { cause }))
        },
      )
      .finally(() => this.#uploads.delete(uploading))
    this.#uploads.add(uploading)
    return uploading
  }

  /** Resolves when every upload has succeeded or failed. */
  async uploaded(): Promise<void> {
    while (this.#uploads.size > 0) await Promise.all(this.#uploads)
  }

  withdrawn(part: WholePart): void {
    const id = part.row.id!
    if (part.row.type.startsWith(MessageName.DataPrefix)) this.nameWithdrawn(id)
  }

  /** Data of this id was withdrawn: its name is used no more. */
  nameWithdrawn(id: string): void {
    const base = id.replace(/~\d+$/, '')
    this.#withdrawn.set(base, (this.#withdrawn.get(base) ?? 1) + 1)
  }

  #reserveFile(reasoning = false): WholePart {
    const row = { type: reasoning ? 'reasoning-file' : 'file', id: this.#host.nextPart() }
    const part: WholePart = { kind: 'whole', row }
    this.#host.parts.add(part)
    return part
  }

  #publishFile(
    part: WholePart,
    { reasoning, ...file }: { url: string; mediaType: string; reasoning?: boolean },
  ): void {
    // Withdrawn during the upload.
    if (!this.#host.parts.records.includes(part)) return
    Object.assign(part.row, file)
    const data = { ...file, ...(reasoning && { reasoning }) }
    this.#publish(MessageName.File, part.row.id!, data, part)
  }

  #add(name: string, part: string, data: unknown, row: WholePart['row']): void {
    const whole: WholePart = { kind: 'whole', row }
    // Throws if the value is not JSON, before a part is made.
    this.#publish(name, part, data, whole)
    this.#host.parts.add(whole)
  }

  #publish(name: string, part: string, data: unknown, { row }: WholePart): void {
    const done = (serial: string | undefined) => {
      if (!serial) return
      Object.assign(row, { serial: row.serial ?? serial, version: serial })
    }
    this.#host.publish(name, data, { [Header.Part]: part }, { key: `part ${part}`, done })
  }
}

export function dataUrl({ data, mediaType }: { data: Uint8Array; mediaType: string }): string {
  const pieces: string[] = []
  for (let at = 0; at < data.length; at += 0x2000)
    pieces.push(String.fromCharCode(...data.subarray(at, at + 0x2000)))
  return `data:${mediaType};base64,${btoa(pieces.join(''))}`
}
