import { checksum } from '../src/checksum.ts'
import type { ChannelModel } from './channelModel.ts'

export interface AgentStep {
  text: string
  /** The channel refuses this publish. */
  refused: boolean
  /** Ably's roll-up holds it back until the next one. */
  merged: boolean
}

/** An agent on a model channel: publishes without waiting, and repairs what was refused. */
export class ModelAgent {
  /** What it has written so far. */
  truth = ''
  /** What stood there before a redaction: until it has arrived, readers show that. */
  before: string | undefined
  private readonly model: ChannelModel
  private readonly responseId: string
  private readonly pattern: 'token' | 'message'
  private readonly stamped: boolean
  private serial: string | undefined
  private failed = false
  private held = ''
  private heldStamp: Record<string, string> | undefined

  constructor(model: ChannelModel, responseId: string, pattern: 'token' | 'message', stamped: boolean) {
    this.model = model
    this.responseId = responseId
    this.pattern = pattern
    this.stamped = stamped
  }

  begin(): void {
    const { model, pattern } = this
    if (pattern === 'message') this.serial = model.create('response', '', this.headers())
    else model.create('start', '', this.headers())
  }

  write({ text, refused, merged }: AgentStep): void {
    this.truth += text
    // Without stamps a refusal is unknowable: plain agents are tested with a channel that accepts everything.
    if (refused && this.stamped) {
      this.failed = true
      return
    }
    if (this.pattern === 'token') {
      this.model.create('token', text, { ...this.headers(), ...this.stamp() })
      return
    }
    this.held += text
    this.heldStamp = this.stampOf('streaming')
    if (!merged) this.release()
  }

  /** Sends what the roll-up still holds. */
  release(): void {
    if (this.held !== '') this.model.append(this.serial!, this.held, this.heldStamp)
    this.held = ''
  }

  repair(): void {
    if (!this.failed) return
    this.failed = false
    this.release()
    if (this.pattern === 'message') this.model.update(this.serial!, this.truth, this.stampOf('streaming'))
    else
      this.model.create('response-complete', this.truth, {
        ...this.headers(),
        ...this.stamp(),
        phase: 'streaming',
      })
  }

  /** Somebody with the right replaces what the agent wrote (message per response). */
  redact(text: string): void {
    if (this.pattern !== 'message') return
    this.before = this.truth
    this.truth = text
    this.model.update(this.serial!, text)
  }

  end(): void {
    this.release()
    this.repair()
    const closing: Record<string, string> = this.stamped
      ? { phase: 'done', checksum: checksum(this.truth) }
      : { phase: 'done' }
    if (this.pattern === 'message') {
      this.model.append(this.serial!, '', { ...this.stampOf(), ...closing })
      this.model.create('response-end', '', this.headers())
    } else {
      if (this.stamped) this.model.create('token', '', { ...this.headers(), ...this.stamp(), ...closing })
      this.model.create('stop', '', this.headers())
    }
  }

  private headers(): Record<string, string> {
    return { responseId: this.responseId, ...(this.stamped && { rejoin: '1', part: '0' }) }
  }

  private stamp(): Record<string, string> {
    return this.stamped ? { end: String(this.truth.length) } : {}
  }

  private stampOf(phase?: string): Record<string, string> | undefined {
    return this.stamped ? { ...this.stamp(), ...(phase && { phase }) } : undefined
  }
}
