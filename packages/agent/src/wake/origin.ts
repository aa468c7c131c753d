import { ErrorCode, RejoinError } from '@rejoin/core/protocol'

export interface WakeSecrets {
  /** The Ably key that signs batched requests, whole: `appId.keyId:secret`. */
  key?: string
  /** The value of the rule's header `x-rejoin-secret`: single requests have no signature. */
  secret?: string
}

const SIGNATURE = 'x-ably-signature'
const SECRET = 'x-rejoin-secret'

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/**
 * Either proof is enough. Without `key` and `secret`, every request is accepted.
 * @throws RejoinError `not_allowed`.
 */
export async function checkOrigin(headers: Headers, body: string, secrets: WakeSecrets): Promise<void> {
  const { key, secret } = secrets
  if (key === undefined && secret === undefined) return
  const signature = headers.get(SIGNATURE)
  if (key !== undefined && signature !== null && (await isSigned(body, signature, key))) return
  const given = headers.get(SECRET)
  if (secret !== undefined && given !== null && (await isSame(given, secret))) return
  throw new RejoinError(
    ErrorCode.NotAllowed,
    `unable to trust the request; its ${SIGNATURE} or ${SECRET} is missing or wrong. Compare the rule's signing key and headers with \`key\` and \`secret\``,
  )
}

async function isSigned(body: string, signature: string, key: string): Promise<boolean> {
  const secret = key.slice(key.indexOf(':') + 1)
  try {
    const mac = Uint8Array.from(atob(signature), (byte) => byte.charCodeAt(0))
    return await crypto.subtle.verify('HMAC', await macKey(secret), mac, bytes(body))
  } catch {
    return false
  }
}

/** Compares in constant time. */
async function isSame(given: string, secret: string): Promise<boolean> {
  const key = await macKey(secret)
  return crypto.subtle.verify('HMAC', key, await crypto.subtle.sign('HMAC', key, bytes(secret)), bytes(given))
}

function macKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
}
