const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * A random id of 16 characters (96 bits) for prompts, responses and messages. `crypto.randomUUID` exists on secure
 * pages only; this works on any.
 */
export function newId(): string {
  let id = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += ALPHABET[byte & 63]
  return id
}
