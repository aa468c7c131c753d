import { memo, useMemo, useSyncExternalStore } from 'react'
import { useResponse } from '@rejoin/react'
import type { ResponseState } from '@rejoin/core'
import { viewOf, waitingText, type ReasoningItem, type TextItem, type View } from '../common/items.ts'
import { Facts } from './Facts.tsx'
import { useFormat } from './FormatSwitch.tsx'
import { Icon } from './Icon.tsx'
import { Markdown } from './Markdown.tsx'
import { PlainText } from './PlainText.tsx'
import { Sources } from './Sources.tsx'
import { useStage } from './stage.ts'
import { Tool } from './Tool.tsx'

/** One answer. Its row alone renders while it streams. */
export const Answer = memo(function Answer({ id }: { id: string }) {
  const response = useResponse(id)
  const { happenings } = useStage()
  const filled = useSyncExternalStore(happenings.subscribe, () => happenings.get().filled[id])
  return response && <Body response={response} filled={filled} />
})

function Body({ response, filled }: { response: ResponseState; filled: number | undefined }) {
  const view = useMemo(() => viewOf(response), [response])
  const streaming = response.status === 'streaming'
  const last = view.items.at(-1)
  return (
    <article
      className="answer"
      aria-label="Answer"
      data-response={response.id}
      data-status={response.status}
      aria-busy={streaming}
    >
      {view.items.map((item) => {
        switch (item.kind) {
          case 'reasoning':
            return <Thoughts key={item.key} item={item} />
          case 'text':
            return <Text key={item.key} item={item} view={view} growing={streaming && item === last} />
          case 'tool':
            return <Tool key={item.key} part={item.part} response={response} />
          case 'data':
            return null
        }
      })}
      {streaming && last?.kind !== 'text' && <p className="waiting">{waitingText(view)}</p>}
      <Sources sources={view.sources} />
      <Facts response={response} filled={filled} />
    </article>
  )
}

function Text({ item, view, growing }: { item: TextItem; view: View; growing: boolean }) {
  const format = useFormat()
  if (format === 'rendered') return <Markdown item={item} view={view} growing={growing} />
  return (
    <div className="plain" data-text data-growing={growing}>
      <PlainText text={item.text} gaps={item.gaps} />
    </div>
  )
}

function Thoughts({ item }: { item: ReasoningItem }) {
  return (
    <details className="thoughts" data-state={item.open ? 'streaming' : 'done'}>
      <summary>
        <Icon name="chevron" />
        {item.open ? 'Thinking…' : 'Thoughts'}
      </summary>
      <div className="inner" data-reasoning>
        <PlainText text={item.text} gaps={item.gaps} />
      </div>
    </details>
  )
}
