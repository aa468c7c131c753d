import type { Frame, Format } from '../wire/codec.ts'
import type { ProtocolMessage } from '../wire/protocol.ts'

export interface SocketHandlers {
  onBytes(bytes: Buffer, isBinary: boolean): void
  onClose(): void
}

/** Handlers that ignore everything, for a connection that has ended. */
export const deaf: SocketHandlers = { onBytes() {}, onClose() {} }

/** Carries the frames of one connection: a WebSocket, a series of requests, or one long answer. */
export interface Socket {
  readonly format: Format
  /** Bytes that wait for the client to read. */
  readonly buffered: number
  handle(handlers: SocketHandlers): void
  send(frame: Frame): void
  /** Sends a last frame, if any, and closes. A client that does not close in return is cut off. */
  close(last?: ProtocolMessage): void
  /** Cuts the client off and ignores its last frames. */
  abandon(): void
  /** Stops reading until `resume`. */
  pause(): void
  resume(): void
}
