import type { ResponseStatus } from './types.ts'

/** Whether more of a response of that status may come. */
export function isOpen(status: ResponseStatus): boolean {
  return status === 'streaming' || status === 'interrupted' || status === 'suspended'
}
