import { memo, useLayoutEffect, useRef } from 'react'
import type { ResponseState } from '@rejoin/core'
import { useResponse } from '@rejoin/react'
import { AnswerView } from '../common/answer/answerView.ts'
import { useStage } from './stage.ts'

interface Props {
  id: string
  onRegenerate(response: ResponseState): void
}

/** One answer. While it streams only its own row renders: React owns the element, the view owns its content. */
export const Answer = memo(function Answer({ id, onRegenerate }: Props) {
  const response = useResponse(id)
  const stage = useStage()
  const element = useRef<HTMLElement>(null)
  const view = useRef<AnswerView>(undefined)
  const regenerate = useRef(onRegenerate)
  useLayoutEffect(() => {
    const created = new AnswerView(element.current!, { stage, regenerate: (one) => regenerate.current(one) })
    view.current = created
    return () => created.dispose()
  }, [stage])
  useLayoutEffect(() => {
    regenerate.current = onRegenerate
    if (response) view.current!.update(response)
  }, [response, onRegenerate, stage])
  return <article ref={element} />
})
