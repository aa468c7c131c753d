import { string, Transport } from './envelope.ts'
import type { Envelope } from './envelope.ts'

interface Step {
  /** Serial of the newest attempt's `ai-step-start`. */
  newest: string
  /** Serials of the messages that older attempts may have to give up. */
  outputs: Set<string>
}

/**
 * Attempts of steps: an agent that retries a step opens it again under its id, and what the older attempt had
 * published is void.
 */
export class Attempts {
  private readonly steps = new Map<string, Step>()

  /** Takes note of an attempt. Returns the messages of older ones that are void now. */
  begin(run: unknown, step: unknown, attempt: string): readonly string[] {
    const key = `${String(run)} ${String(step)}`
    const known = this.steps.get(key)
    if (known && known.newest >= attempt) return []
    this.steps.set(key, { newest: attempt, outputs: new Set() })
    return known ? [...known.outputs] : []
  }

  /** Takes note of an output. `void`: a newer attempt has begun; else the messages that are void through it. */
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
