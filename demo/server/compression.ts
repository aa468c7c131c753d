import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const encodings = {
  // Between quick and small; the largest of our files takes a tenth of a second, once.
  br: (body: Buffer) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (body: Buffer) => promisify(gzip)(body),
}

export type Encoding = keyof typeof encodings

/** The encodings that the browser accepts, smallest first; none for types that are compressed already. */
export function encodingFor(accepts: string | undefined, type: string): Encoding | undefined {
  if (!/^(?:text\/|application\/json|image\/svg)/.test(type)) return undefined
  const names = (accepts ?? '').split(',').map((one) => one.trim().split(/\s*;\s*/))
  const taken = new Set(
    names.filter(([, weight]) => !/^q=0(?:\.0*)?$/.test(weight ?? '')).map(([name]) => name),
  )
  return (Object.keys(encodings) as Encoding[]).find((name) => taken.has(name))
}

/** As the build has compressed it. */
async function built(path: string, encoding: Encoding): Promise<Buffer> {
  return readFile(`${path}.${encoding}`)
}

/** Compresses each version of a file once. There are as many as there are built files. */
export class Compressed {
  readonly #bodies = new Map<string, { version: number; body: Promise<Buffer> }>()

  get(path: string, version: number, encoding: Encoding, read: () => Promise<Buffer>): Promise<Buffer> {
    const key = `${encoding} ${path}`
    const known = this.#bodies.get(key)
    if (known?.version === version) return known.body
    const body = built(path, encoding).catch(() => read().then(encodings[encoding]))
    this.#bodies.set(key, { version, body })
    body.catch(() => this.#bodies.delete(key))
    return body
  }
}
