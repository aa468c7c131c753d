/** What a browser shows without running anything. Anything else, HTML and SVG included, is only ever downloaded. */
const shown = new Map([
  ['image/png', (head: string) => head.startsWith('\x89PNG')],
  ['image/jpeg', (head: string) => head.startsWith('\xff\xd8\xff')],
  ['image/gif', (head: string) => head.startsWith('GIF8')],
  // Sounds and videos are RIFF files, too.
  ['image/webp', (head: string) => head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP'],
])

/** Kept as they are named, and downloaded. */
const kept = new Set(['application/pdf', 'text/plain', 'text/csv', 'text/markdown', 'application/json'])

/** The media type to keep a file under: what its sender says, if its first bytes do not contradict it. */
export function mediaTypeOf(said: string | undefined, data: Uint8Array): string {
  const type = (said ?? '').split(';')[0]!.trim().toLowerCase()
  const begins = shown.get(type)
  if (begins) return begins(Buffer.from(data.subarray(0, 12)).toString('latin1')) ? type : unknown
  return kept.has(type) ? type : unknown
}

const unknown = 'application/octet-stream'

export const isShown = (mediaType: string): boolean => shown.has(mediaType)
