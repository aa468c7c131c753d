import type { Told, ToldPrompt } from './knownPrompt.ts'
import type { DeliveryEvent, Rules } from './reduce.ts'

/** What this session's own publish of a prompt makes of it. */
export const deliver: NonNullable<Rules['deliver']> = (event, known) => {
  if (event.type === 'sending') {
    const { createdAt, serial } = known?.told ?? event.prompt
    return [{ ...event.prompt, createdAt, ...placed(serial) }, known?.heard ?? false]
  }
  return known && delivered(event, known)
}

function delivered(
  event: Exclude<DeliveryEvent, { type: 'sending' }>,
  { told, heard }: Told,
): [ToldPrompt, boolean] | undefined {
  if (event.type === 'failed')
    // A prompt on the channel was delivered, even if its publish seemed to fail.
    return heard ? undefined : [{ ...told, delivery: 'failed', error: event.error }, false]
  const serial = told.serial ?? event.serial
  return [{ ...told, ...placed(serial), delivery: 'sent', error: undefined }, serial !== undefined]
}

const placed = (serial: string | undefined): { serial?: string } => (serial === undefined ? {} : { serial })
