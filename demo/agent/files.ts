import type { FilePart } from '@rejoin/core'
import type { StoredFile } from '../common/link.ts'

/** Makes a file fit to send to a model: with its content instead of an address in the demo, which no model can reach. */
export type FileLoader = (part: FilePart) => Promise<FilePart | undefined>

/** The files that a person attached. Only those of this conversation: an address is what its sender says. */
export class Files {
  readonly #read: (fileId: string) => Promise<StoredFile | undefined>

  constructor(read: (fileId: string) => Promise<StoredFile | undefined>) {
    this.#read = read
  }

  async get({ url }: Pick<FilePart, 'url'>): Promise<StoredFile | undefined> {
    const id = /\/files\/([\w-]{1,64})$/.exec(url)?.[1]
    return id === undefined ? undefined : this.#read(id)
  }

  readonly inline: FileLoader = async (part) => {
    if (part.url.startsWith('data:')) return part
    const file = await this.get(part)
    if (!file) return undefined
    const url = `data:${file.mediaType};base64,${Buffer.from(file.data).toString('base64')}`
    return { ...part, mediaType: file.mediaType, url }
  }
}
