import type { ResponseStatus } from './types.ts'

/** Whether it is one that a view knows: a row may have one of another schema. */
export function isStatus(status: string): status is ResponseStatus {
  return isOpen(status as ResponseStatus) || isOver(status)
}

/** Whether a response with this status may still grow. */
export function isOpen(status: ResponseStatus): boolean {
  return status === 'streaming' || status === 'interrupted' || status === 'suspended'
}

/** Whether a response with this status has ended. */
export function isOver(status: string): boolean {
  return status === 'complete' || status === 'stopped' || status === 'error'
}
