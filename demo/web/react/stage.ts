import { createContext, use } from 'react'
import type { Stage } from '../common/stage.ts'

export const StageContext = createContext<Stage | undefined>(undefined)

export function useStage(): Stage {
  const stage = use(StageContext)
  if (!stage) throw new Error('unable to find the stage; render inside of StageContext')
  return stage
}
