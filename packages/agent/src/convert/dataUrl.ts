/** The content of a `data:` URL as base64; undefined for other URLs. */
export function base64Of(url: string): string | undefined {
  const match = /^data:[^,]*?(;base64)?,/i.exec(url)
  if (!match) return undefined
  const content = url.slice(match[0].length)
  return match[1] ? content : toBase64(decodeURIComponent(content))
}

/** The content of a `data:` URL of text. */
export function textOf(url: string): string | undefined {
  const base64 = base64Of(url)
  if (base64 === undefined) return undefined
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  return new TextDecoder().decode(bytes)
}

function toBase64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return btoa(binary)
}
