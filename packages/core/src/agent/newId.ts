/** A random id of 16 characters (96 bits), fit for response, prompt and message ids. */
export function newId(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  let id = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += alphabet[byte & 63]
  return id
}
