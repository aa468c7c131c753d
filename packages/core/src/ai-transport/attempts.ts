import { string, Transport } from './envelope.ts'
import type { Envelope } from './envelope.ts'

interface Step {
  /** Serial of the newest attempt's `ai-step-start`. */
  newest: string
  /** Serials of older attempts' messages, which may become void. */
  outputs: Set<string>
}

/**
 * Attempts of steps. An agent that retries a step opens it again under its id, which voids the older attempt's messages.
 */
export class Attempts {
  private readonly steps = new Map<string, Step>()

  /** Records an attempt. Returns the messages of older ones, now void. */
  begin(run: unknown, step: unknown, attempt: string): readonly string[] {
    const key = `${String(run)} ${String(step)}`
    const known = this.steps.get(key)
    if (known && known.newest >= attempt) return []
    this.steps.set(key, { newest: attempt, outputs: new Set() })
    return known ? [...known.outputs] : []
  }

  /** Records an output. Returns `void` if a newer attempt has begun, else the messages that this one voids. */
  output({ transport }: Envelope, serial: string): 'void' | readonly string[] {
    const attempt = string(transport[Transport.StepStartSerial])
    const step = string(transport[Transport.StepId])
    if (attempt === undefined || step === undefined) return []
    const run = transport[Transport.RunId]
    const gone = this.begin(run, step, attempt)
    const current = this.steps.get(`${String(run)} ${step}`)!
    if (attempt < current.newest) return 'void'
    current.outputs.add(serial)
    return gone
  }
}
