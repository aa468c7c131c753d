import { RejoinError, type ErrorCode } from '@rejoin/core/protocol'

/** The final text of a response could not be published; `text` is the text that readers lack. */
export class DeliveryError extends RejoinError {
  /** The response's whole text, all text parts joined. */
  readonly text: string
  readonly responseId: string
  /** `onComplete` has stored the response nevertheless. */
  readonly stored: boolean

  constructor(
    code: ErrorCode,
    message: string,
    details: { text: string; responseId: string; stored: boolean; cause: unknown },
  ) {
    super(code, message, { cause: details.cause })
    this.text = details.text
    this.responseId = details.responseId
    this.stored = details.stored
  }
}
