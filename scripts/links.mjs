// Links of a package's README as npm shows it: npm has no other file of the repository.
import { posix } from 'node:path'

/** `markdown` of the README in `folder`, its relative links led to the repository at `url`. */
export function absoluteLinks(markdown, folder, url) {
  return markdown.replaceAll(
    /(!?)(\[[^\]]*\])\((?!https?:|#|mailto:)([^)\s]+)\)/g,
    (_, image, text, link) => {
      const [path, hash] = link.split('#')
      const kind = image ? 'raw' : 'blob'
      const target = posix.join(folder, path)
      return `${image}${text}(${url}/${kind}/main/${target}${hash === undefined ? '' : `#${hash}`})`
    },
  )
}
