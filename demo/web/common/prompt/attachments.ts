import type { FilePart, PromptPart } from '@rejoin/core'
import { h } from '../dom.ts'
import { describeSize, isPicture, ownFile } from '../files.ts'

/** What came with a prompt: pictures as such, other files by name. */
export function attachments(parts: readonly PromptPart[]): HTMLElement | undefined {
  const files = parts.filter((part): part is FilePart => part.type === 'file')
  if (files.length === 0) return undefined
  return h(
    'ul',
    { class: 'attachments', 'aria-label': 'Attachments' },
    ...files.map(({ url, filename, mediaType, size }) => {
      const address = ownFile(url)
      const name = filename || mediaType
      if (address && isPicture(mediaType))
        return h(
          'li',
          { 'data-file': 'picture' },
          h('a', { href: address, target: '_blank', rel: 'noopener' }, h('img', { src: address, alt: name })),
        )
      const about = h('span', { dir: 'auto' }, name)
      const bytes = size !== undefined && h('small', {}, describeSize(size))
      return h(
        'li',
        { 'data-file': 'document' },
        address ? h('a', { href: address, download: name }, about, bytes) : h('span', {}, about, bytes),
      )
    }),
  )
}
