import type { Frame, Format } from '../wire/codec.ts'
import type { ProtocolMessage } from '../wire/protocol.ts'

export interface SocketHandlers {
  onBytes(bytes: Buffer, isBinary: boolean): void
  onClose(): void
}

/** Handlers that ignore everything: what a client sends after its end does not count. */
export const deaf: SocketHandlers = { onBytes() {}, onClose() {} }

/** What carries the frames of one connection for a while: a WebSocket, a series of requests, or one long answer. */
export interface Socket {
  readonly format: Format
  /** Bytes that wait for the client to read. */
  readonly buffered: number
  handle(handlers: SocketHandlers): void
  send(frame: Frame): void
  /** Sends a last frame, if any, and closes. A client that does not close in return is cut off. */
  close(last?: ProtocolMessage): void
  /** Cuts the client off and ignores what it sent: the connection goes on elsewhere, or ends. */
  abandon(): void
  /** Stops reading until `resume`. */
  pause(): void
  resume(): void
}
