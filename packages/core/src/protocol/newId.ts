const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * A random id of 16 characters (96 bits) for prompts, responses and messages. It tells things apart and keeps no secret.
 * `crypto.randomUUID` exists on secure pages only, and React Native has no `crypto` at all.
 */
export function newId(): string {
  let id = ''
  for (const byte of randomBytes()) id += ALPHABET[byte & 63]
  return id
}

function randomBytes(): Uint8Array {
  const bytes = new Uint8Array(16)
  /* oxlint-disable no-restricted-globals -- asked for by typeof */
  if (typeof crypto !== 'undefined' && typeof crypto?.getRandomValues === 'function')
    return crypto.getRandomValues(bytes)
  /* oxlint-enable no-restricted-globals */
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(Math.random() * 256)
  return bytes
}
