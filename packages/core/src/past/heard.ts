import type { InboundMessage } from 'ably'

/** The newest message and the newest operation delivered by a channel. */
export class Heard {
  /** Serial of the newest known message. */
  newest = ''
  /** Version of the newest operation that this attachment has delivered. */
  version = ''
  /** The session was listening when the channel attached: only then is `untilAttach` gapless. */
  sawAttach = false

  /** Attached without resuming. */
  attached(): void {
    this.version = ''
  }

  hear({ serial = '', version }: InboundMessage): void {
    this.read(serial)
    const at = version?.serial ?? serial
    if (at > this.version) this.version = at
  }

  read(serial: string): void {
    if (serial > this.newest) this.newest = serial
  }
}
