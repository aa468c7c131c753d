import type { ResponseStatus } from './types.ts'

/** Whether a response with this status may still grow. */
export function isOpen(status: ResponseStatus): boolean {
  return status === 'streaming' || status === 'interrupted' || status === 'suspended'
}
