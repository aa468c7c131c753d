import { useEffect, useLayoutEffect, useRef } from 'react'
import type { TextItem, View } from '../common/items.ts'
import { MarkdownView } from '../common/markdown/view.ts'

/** Rendered Markdown. React owns the element, the view what is in it: only the last blocks are touched as it grows. */
export function Markdown({ item, view, growing }: { item: TextItem; view: View; growing: boolean }) {
  const element = useRef<HTMLDivElement>(null)
  const markdown = useRef<MarkdownView>(undefined)
  useLayoutEffect(() => {
    markdown.current ??= new MarkdownView(element.current!)
    markdown.current.update(
      item.text,
      { gaps: item.gaps, citations: item.marks, sources: view.sources },
      !growing,
    )
  }, [item, view, growing])
  useEffect(
    () => () => {
      markdown.current?.dispose()
      markdown.current = undefined
    },
    [],
  )
  return <div ref={element} className="rendered" data-rendered data-growing={growing} />
}
