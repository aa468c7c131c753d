import type { MessageVersion, Payload } from '../wire/protocol.ts'

export const byteLength = (data: Payload | undefined): number =>
  data === undefined ? 0 : typeof data === 'string' ? Buffer.byteLength(data) : data.length

/** Bytes as the size limit counts them: payload, name or client id, extras. */
export const sizeOf = (data: Payload | undefined, text?: string, extras?: object): number =>
  byteLength(data) + byteLength(text) + (extras ? Buffer.byteLength(JSON.stringify(extras)) : 0)

/** Bytes of an operation's description and metadata. */
export const operationSize = ({ description, metadata }: MessageVersion): number =>
  byteLength(description) + (metadata ? Buffer.byteLength(JSON.stringify(metadata)) : 0)
