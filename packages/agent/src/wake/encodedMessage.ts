/** A message in the form of Ably's webhooks. */
export interface EncodedMessage {
  name?: string
  data?: unknown
  /** The encodings of `data`, the last step last: `json/utf-8/base64`. */
  encoding?: string
}

/** Decodes a message's data, as the SDK does; `undefined` if an encoding, such as a cipher, cannot be undone. */
export function decoded(message: EncodedMessage): EncodedMessage | undefined {
  let { data } = message
  const steps = typeof message.encoding === 'string' ? message.encoding.split('/').filter(Boolean) : []
  try {
    for (const step of steps.reverse()) {
      if (step === 'base64') data = bytesOf(data as string)
      else if (step === 'utf-8') data = textOf(data)
      else if (step === 'json') data = JSON.parse(textOf(data)) as unknown
      else return undefined
    }
  } catch {
    return undefined
  }
  return { ...message, data, encoding: undefined }
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))

const textOf = (data: unknown): string =>
  data instanceof Uint8Array ? new TextDecoder().decode(data) : String(data)
