import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { App } from './app.ts'
import type { Capability } from './auth/capability.ts'
import type { Channel } from './channel/channel.ts'
import type { Message } from './channel/message.ts'
import type { Namespace } from './settings.ts'
import { SummaryState } from './channel/summary.ts'

interface AppRecord {
  kind: 'app'
  id: string
  namespaces?: Namespace[]
  keys: { name: string; secret: string; capability: Capability; revocableTokens: boolean }[]
}

interface MessageRecord {
  kind: 'message'
  app: string
  channel: string
  message: Omit<Message, 'summary'>
}

export type StoredRecord = AppRecord | MessageRecord | { kind: 'gone'; app: string }

/** How long a change may wait to be written. A crash loses no more than this. */
const writeWithin = 100

/**
 * What outlives the process, in one file of JSON lines. A message is written whole whenever it changed, but once per
 * interval however often it did, so that a response that grows by tokens does not fill the disk.
 */
export class Storage {
  readonly #path: string
  readonly #dirty = new Map<Message, MessageRecord>()
  #timer: NodeJS.Timeout | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** All that is stored, the latest state of each thing. Also rewrites the file without what is outdated. */
  load(): StoredRecord[] {
    if (!existsSync(this.#path)) return []
    const latest = new Map<string, StoredRecord>()
    for (const line of readFileSync(this.#path, 'utf8').split('\n')) {
      const record = parse(line)
      if (!record) continue
      if (record.kind === 'gone') forgetApp(latest, record.app)
      else latest.set(keyOf(record), record)
    }
    const records = [...latest.values()]
    const rewritten = `${this.#path}.new`
    writeFileSync(rewritten, records.map(serialise).join(''))
    renameSync(rewritten, this.#path)
    return records
  }

  saveApp(app: App): void {
    const { id, keys, namespaces } = app
    const record: AppRecord = { kind: 'app', id, keys: [...keys.values()] }
    if (namespaces) record.namespaces = [...namespaces.values()]
    this.#append([record])
  }

  removeApp(id: string): void {
    this.flush()
    this.#append([{ kind: 'gone', app: id }])
  }

  /** Notes that a message changed: it will be written soon. */
  note(app: App, channel: Channel, message: Message): void {
    this.#dirty.set(message, { kind: 'message', app: app.id, channel: channel.name, message })
    this.#timer ??= setTimeout(() => this.flush(), writeWithin).unref()
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#dirty.size === 0) return
    this.#append([...this.#dirty.values()])
    this.#dirty.clear()
  }

  #append(records: StoredRecord[]): void {
    appendFileSync(this.#path, records.map(serialise).join(''))
  }
}

const keyOf = (record: AppRecord | MessageRecord): string =>
  record.kind === 'app' ? `app ${record.id}` : `${record.app} ${record.channel} ${record.message.serial}`

function forgetApp(latest: Map<string, StoredRecord>, id: string): void {
  for (const [key, record] of latest) {
    if ((record.kind === 'app' && record.id === id) || (record.kind === 'message' && record.app === id))
      latest.delete(key)
  }
}

const serialise = (record: StoredRecord): string =>
  `${JSON.stringify(record, (key, value: unknown) => (key === 'summary' ? undefined : value))}\n`

// A crash may have cut the last line short.
function parse(line: string): StoredRecord | undefined {
  if (line === '') return undefined
  try {
    return JSON.parse(line, revive) as StoredRecord
  } catch {
    return undefined
  }
}

/** Bytes are written as Node writes a Buffer. */
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { type, data } = value as { type?: unknown; data?: unknown }
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]) : value
}

/** A message as it was when it was written. */
export function reviveMessage(record: MessageRecord): Message {
  const message: Message = { ...record.message }
  for (const annotation of message.annotations ?? []) {
    message.summary ??= new SummaryState()
    message.summary.apply(annotation)
  }
  return message
}
