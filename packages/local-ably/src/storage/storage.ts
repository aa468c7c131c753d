import type { App } from '../app.ts'
import type { Channel } from '../channel/channel.ts'
import type { Message } from '../channel/message.ts'
import { AblyError } from '../wire/errors.ts'
import { serialise, type AppRecord, type MessageRecord, type StoredRecord } from './record.ts'
import { RecordFile } from './recordFile.ts'

export interface StorageOptions {
  path: string
  /** Acknowledge changes only when they are on the disk. */
  sync: boolean
  /** Load the readable records of a damaged file. */
  repair: boolean
  warn: (text: string) => void
}

/** Milliseconds that a change may wait to be written. Without `sync`, a killed process loses at most this much. */
const writeWithin = 100

/** The least bytes of a file that is rewritten because most of it is outdated. */
const rewriteFrom = 64 * 1024 * 1024

/**
 * Keeps apps and messages in a file. A changed message is written whole, but at most once per interval, so that a response
 * that grows by tokens does not fill the disk.
 */
export class Storage {
  readonly #file: RecordFile
  readonly #options: StorageOptions
  readonly #dirty = new Map<Message, MessageRecord>()
  #failure: { error: unknown; at: number } | undefined
  #committing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  /** Bytes of the file after its last rewrite. */
  #compact = 0

  constructor(options: StorageOptions) {
    this.#options = options
    this.#file = new RecordFile(options.path, options.warn)
  }

  /** Loads the latest state of each record, and rewrites the file without outdated ones. */
  load(): StoredRecord[] {
    const latest = new Map<string, StoredRecord>()
    for (const record of this.#file.load(this.#options.repair)) {
      if (record.kind === 'gone') forgetApp(latest, record.app)
      else latest.set(keyOf(record), record)
    }
    const records = [...latest.values()]
    if (this.#file.size > 0) this.#rewrite(records)
    return records
  }

  /** Rewrites the file with these records if it has grown far beyond them. */
  compact(records: () => Iterable<StoredRecord>): void {
    if (this.#file.size < Math.max(rewriteFrom, 4 * this.#compact)) return
    this.flush()
    if (!this.#failure) this.#rewrite(records())
  }

  // The old file holds the same records, so a failed rewrite does no harm.
  #rewrite(records: Iterable<StoredRecord>): void {
    try {
      this.#file.rewrite(records)
    } catch (error) {
      this.#options.warn(`unable to rewrite ${this.#file.path}; ${reasonOf(error)}`)
    }
    this.#compact = this.#file.size
  }

  /** Refuses changes while the file cannot be written. */
  check(): void {
    if (!this.#failure) return
    if (Date.now() - this.#failure.at >= writeWithin) this.flush()
    if (this.#failure) throw this.#refusal(this.#failure.error)
  }

  /** With `sync`, resolves when all changes so far are on the disk, or rejects. Undefined without `sync`. */
  whenKept(): Promise<void> | undefined {
    if (!this.#options.sync) return undefined
    this.#committing ??= new Promise((resolve, reject) => {
      // Changes of one turn share one write.
      setImmediate(() => {
        this.#committing = undefined
        this.flush()
        if (this.#failure) reject(this.#refusal(this.#failure.error))
        else resolve()
      })
    })
    return this.#committing
  }

  saveApp(app: App): void {
    this.flush()
    this.#append([appRecord(app)])
    this.check()
  }

  removeApp(id: string): void {
    this.flush()
    this.#append([{ kind: 'gone', app: id }])
  }

  /** Schedules a changed message to be written. */
  note(app: App, channel: Channel, message: Message): void {
    this.#dirty.set(message, messageRecord(app, channel, message))
    this.#timer ??= setTimeout(() => this.flush(), writeWithin).unref()
  }

  /** Writes pending changes. Does not throw: after a failure they stay pending, and further changes are refused. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#dirty.size > 0 || this.#failure) this.#append([...this.#dirty.values()])
    if (!this.#failure) this.#dirty.clear()
  }

  close(): void {
    this.flush()
    this.#file.close()
  }

  #append(records: StoredRecord[]): void {
    const failed = this.#failure !== undefined
    try {
      if (records.length > 0) this.#file.append(records.map(serialise).join(''))
      if (this.#options.sync) this.#file.sync()
      this.#failure = undefined
      if (failed) this.#options.warn(`${this.#file.path} can be written again`)
    } catch (error) {
      this.#failure = { error, at: Date.now() }
      if (!failed)
        this.#options.warn(`unable to write ${this.#file.path}; ${reasonOf(error)}. Changes are refused`)
    }
  }

  #refusal(error: unknown): AblyError {
    return new AblyError(
      50003,
      503,
      `unable to keep the change; ${this.#file.path} cannot be written: ${reasonOf(error)}`,
    )
  }
}

export function appRecord({ id, keys, namespaces }: App): AppRecord {
  const record: AppRecord = { kind: 'app', id, keys: [...keys.values()] }
  return namespaces ? { ...record, namespaces: [...namespaces.values()] } : record
}

export const messageRecord = (app: App, channel: Channel, message: Message): MessageRecord => ({
  kind: 'message',
  app: app.id,
  channel: channel.name,
  message,
})

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const keyOf = (record: AppRecord | MessageRecord): string =>
  record.kind === 'app' ? `app ${record.id}` : `${record.app} ${record.channel} ${record.message.serial}`

function forgetApp(latest: Map<string, StoredRecord>, id: string): void {
  for (const [key, record] of latest) {
    if ((record.kind === 'app' && record.id === id) || (record.kind === 'message' && record.app === id))
      latest.delete(key)
  }
}
