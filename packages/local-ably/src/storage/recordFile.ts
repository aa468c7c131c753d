import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { parseRecord, serialise, type StoredRecord } from './record.ts'

const header = '{"kind":"local-ably","version":1}\n'

interface Damage {
  /** Counted from 1. */
  line: number
  problem: string
}

interface Contents {
  records: StoredRecord[]
  damage: Damage[]
  /** The offset after the last whole line. */
  end: number
  /** Whether a crash cut the last line short. */
  torn: boolean
  /** Whether the last line is whole but for its line break. */
  unbroken: boolean
}

/** A file of records, one JSON line each. It grows until it is rewritten. */
export class RecordFile {
  readonly path: string
  readonly #warn: (text: string) => void
  #fd: number | undefined
  #size = 0

  constructor(path: string, warn: (text: string) => void) {
    this.path = path
    this.#warn = warn
  }

  get size(): number {
    return this.#size
  }

  /**
   * Returns all records in the order of writing. Refuses a file of another program, or one with damaged lines, and leaves
   * it as it is. With `repair`, keeps a copy of a damaged file and loads the rest.
   */
  load(repair: boolean): StoredRecord[] {
    this.close()
    if (!existsSync(this.path)) return []
    const contents = read(this.path)
    if (contents.damage.length > 0) this.#handleDamage(contents.damage, repair)
    if (contents.torn) {
      this.#warn(`the last record of ${this.path} was cut short, as by a crash, and is left out`)
    }
    this.#open(contents.end)
    if (contents.unbroken) this.append('\n')
    return contents.records
  }

  #handleDamage(damage: readonly Damage[], repair: boolean): void {
    const [first, ...others] = damage
    const what = `line ${first!.line} is damaged (${first!.problem})${others.length > 0 ? `, and ${others.length} more, the last is line ${others.at(-1)!.line}` : ''}`
    if (!repair) {
      throw new Error(
        `unable to load ${this.path}; ${what}. Start with the option repairFile (--repair) to load the rest`,
      )
    }
    const copy = `${this.path}.damaged-${Date.now()}`
    copyFileSync(this.path, copy, constants.COPYFILE_EXCL)
    this.#warn(`${this.path}: ${what}; the rest is loaded, and a copy of the whole file is ${copy}`)
  }

  /** Appends text that ends with a line break. After an error, the file is as before. */
  append(text: string): void {
    if (this.#fd === undefined) this.#open(existsSync(this.path) ? statSync(this.path).size : 0)
    const bytes = Buffer.from(this.#size === 0 ? header + text : text)
    try {
      writeAll(this.#fd!, bytes)
    } catch (error) {
      ftruncateSync(this.#fd!, this.#size)
      throw error
    }
    this.#size += bytes.length
  }

  /** Flushes the file to the disk (fsync). */
  sync(): void {
    if (this.#fd !== undefined) fsyncSync(this.#fd)
  }

  /** Replaces all records. After an error, the file is as before. */
  rewrite(records: Iterable<StoredRecord>): void {
    const fresh = `${this.path}.new`
    const fd = openSync(fresh, 'w')
    let size = 0
    try {
      size += writeAll(fd, Buffer.from(header))
      for (const record of records) size += writeAll(fd, Buffer.from(serialise(record)))
      fsyncSync(fd)
    } catch (error) {
      closeSync(fd)
      rmSync(fresh, { force: true })
      throw error
    }
    closeSync(fd)
    renameSync(fresh, this.path)
    syncFolder(dirname(this.path))
    this.close()
    this.#open(size)
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #open(size: number): void {
    this.#fd = openSync(this.path, 'a')
    ftruncateSync(this.#fd, size)
    this.#size = size
  }
}

function writeAll(fd: number, bytes: Buffer): number {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written)
  return bytes.length
}

// A rename is durable once its folder is flushed. Some systems cannot do this.
function syncFolder(path: string): void {
  try {
    const fd = openSync(path, 'r')
    fsyncSync(fd)
    closeSync(fd)
  } catch {
    // The rename is done; only its durability is unknown.
  }
}

function read(path: string): Contents {
  const bytes = readFileSync(path)
  const contents: Contents = { records: [], damage: [], end: 0, torn: false, unbroken: false }
  let known = header.startsWith(bytes.toString('latin1', 0, header.length))
  for (let line = 1, start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(10, start)
    const stop = found < 0 ? bytes.length : found
    const text = bytes.toString('utf8', start, stop)
    const before = start
    start = stop + 1
    contents.end = stop + (found < 0 ? 0 : 1)
    if (text === '' || `${text}\n` === header) continue
    try {
      contents.records.push(parseRecord(text))
      known = true
      contents.unbroken = found < 0
    } catch (error) {
      contents.torn = found < 0
      if (contents.torn) contents.end = before
      else contents.damage.push({ line, problem: error instanceof Error ? error.message : String(error) })
    }
  }
  if (!known) throw new Error(`unable to use ${path}; it is not a file of local-ably, choose another name`)
  return contents
}
