import { inject, onScopeDispose, shallowRef, type InjectionKey, type Ref } from 'vue'
import type { Stage } from '../common/stage.ts'

export const stageKey: InjectionKey<Stage> = Symbol('stage')

export function useStage(): Stage {
  const stage = inject(stageKey)
  if (!stage) throw new Error('unable to find the stage; provide stageKey')
  return stage
}

/** A value outside of Vue, as a ref. */
export function useOutside<T>(
  subscribe: (listener: () => void) => () => void,
  get: () => T,
): Readonly<Ref<T>> {
  const value = shallowRef(get())
  onScopeDispose(subscribe(() => (value.value = get())))
  return value
}
