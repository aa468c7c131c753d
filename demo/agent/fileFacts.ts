import type { StoredFile } from '../common/link.ts'

/** What can be read from a file without a model. */
export function describeFile({ mediaType, data }: StoredFile): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const size = `${bytes.length.toLocaleString('en')} bytes`
  if (mediaType === 'image/png' && bytes.length >= 24) {
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
    return `a PNG picture of ${width} by ${height} pixels, ${size}`
  }
  if (mediaType === 'image/gif' && bytes.length >= 10)
    return `a GIF picture of ${bytes.readUInt16LE(6)} by ${bytes.readUInt16LE(8)} pixels, ${size}`
  if (mediaType.startsWith('image/')) return `a ${mediaType.slice(6).toUpperCase()} picture, ${size}`
  if (mediaType === 'application/pdf') {
    const pages = bytes.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0
    return `a PDF document of ${pages === 1 ? '1 page' : `${pages} pages`}, ${size}`
  }
  if (mediaType.startsWith('text/'))
    return `a text of ${bytes.toString('utf8').split('\n').length} lines, ${size}`
  return `a file of an unknown kind, ${size}`
}
