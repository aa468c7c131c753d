/** The author of a publish or an annotation. */
export interface Author {
  connectionId: string | undefined
  clientId: string | undefined
  /** The start of the message ids: `connectionId:msgSerial`, or random for REST. */
  frameId: string
  /** The `ably.channel.*` claim of the author's token for this channel. */
  userClaim: string | undefined
}
