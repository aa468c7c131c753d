/** What a browser shows without running anything. Anything else, HTML and SVG included, is only ever downloaded. */
const shown = new Map([
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46]],
])

/** Kept as they are named, and downloaded. */
const kept = new Set(['application/pdf', 'text/plain', 'text/csv', 'text/markdown', 'application/json'])

/** The media type to keep a file under: what its sender says, if its first bytes do not contradict it. */
export function mediaTypeOf(said: string | undefined, data: Uint8Array): string {
  const type = (said ?? '').split(';')[0]!.trim().toLowerCase()
  const first = shown.get(type)
  if (first) return first.every((byte, at) => data[at] === byte) ? type : unknown
  return kept.has(type) ? type : unknown
}

const unknown = 'application/octet-stream'

export const isShown = (mediaType: string): boolean => shown.has(mediaType)
