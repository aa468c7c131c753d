import { ErrorCode, wrapError, type RejoinError } from '@rejoin/core/protocol'
import type { AllowCancel } from './promptQueue.ts'

/** The application's judgement of a cancel. If it throws, nobody may cancel. */
export function mayCancelBy(
  allowCancel: AllowCancel | undefined,
  report: (error: RejoinError) => void,
): AllowCancel {
  return (who, answer) => {
    try {
      return allowCancel?.(who, answer) ?? true
    } catch (error) {
      report(wrapError('call allowCancel', error, ErrorCode.CallbackFailed))
      return false
    }
  }
}
