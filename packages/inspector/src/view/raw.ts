/** Maximum number of characters shown of a message. */
const LONGEST = 20_000

/** Any value as indented JSON. */
export function rawText(value: unknown): string {
  let text: string | undefined
  try {
    // A message of Ably's SDK has a `toJSON` that gives the form it travels in; its fields are what one looks for.
    const plain = typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : value
    text = JSON.stringify(plain, binaryShown, 2)
  } catch (error) {
    return `This cannot be shown: ${String(error)}`
  }
  if (text === undefined) return String(value)
  const more = text.length - LONGEST
  return more > 0 ? `${text.slice(0, LONGEST)}\n… ${more.toLocaleString('en')} more characters` : text
}

function binaryShown(_key: string, value: unknown): unknown {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? `${value.byteLength} bytes` : value
}
