import type { FilePart } from '@rejoin/core'
import { safeAddress } from '../address.ts'
import { h } from '../dom.ts'
import type { Item } from '../items.ts'
import type { ItemView } from './answerView.ts'

/** Pictures that carry themselves: loading another one would tell its server who reads. */
const picture = /^data:image\/(?:png|jpeg|gif|webp);base64,/

/** A file that the model made: a picture as such, anything else by its name. */
export class FileCard implements ItemView {
  readonly element = h('p', { class: 'file' })
  #part: FilePart | undefined

  update(item: Item): void {
    if (item.kind !== 'file' || item.part === this.#part) return
    this.#part = item.part
    this.element.replaceChildren(shown(item.part))
  }
}

function shown({ url, filename, mediaType, incomplete }: FilePart): Node {
  const name = filename || mediaType
  if (incomplete) return new Text(`Receiving ${name}…`)
  if (picture.test(url)) return h('img', { src: url, alt: filename || 'Picture that the model made' })
  const address = safeAddress(url)
  if (!address) return new Text(name)
  return h('a', { href: address, target: '_blank', rel: 'noopener noreferrer nofollow', dir: 'auto' }, name)
}
