/** As the demo's server: see server/files.ts. */
export const longestFile = 10 * 1024 * 1024

const pictures = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

/** What every browser shows safely. */
export const isPicture = (mediaType: string): boolean => pictures.has(mediaType)

/** The address of a file that this demo keeps. Any other would tell its server who reads. */
export function ownFile(url: string): string | undefined {
  return /^\/api\/conversations\/[\w-]+\/files\/[\w-]+$/.test(url) ? url : undefined
}

export function describeSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const [amount, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KB'] : [bytes / 1024 / 1024, 'MB']
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`
}
