import { memo, useMemo, useState } from 'react'
import { useResponse } from '@rejoin/react'
import type { ResponseState } from '@rejoin/core'
import type { Gap } from '@rejoin/core'
import { describeGap } from '../shared/gaps.ts'
import { viewOf, type ReasoningItem } from '../shared/items.ts'
import { Icon } from './Icon.tsx'
import { PlainText } from './PlainText.tsx'

/** One answer. Its row alone renders while it streams. */
export const Answer = memo(function Answer({ id, filled }: { id: string; filled: number | undefined }) {
  const response = useResponse(id)
  if (!response) return null
  return <AnswerBody response={response} filled={filled} />
})

function AnswerBody({ response, filled }: { response: ResponseState; filled: number | undefined }) {
  const { items } = useMemo(() => viewOf(response), [response])
  const streaming = response.status === 'streaming'
  const hasText = items.some((item) => item.kind === 'text')
  return (
    <article className="answer" data-response={response.id} data-status={response.status} aria-busy={streaming}>
      <div className="body">
        {items.map((item) => {
          if (item.kind === 'reasoning') return <Thoughts key={item.key} item={item} />
          if (item.kind !== 'text') return null
          return (
            <div key={item.key} className="plain" data-text>
              <PlainText text={item.text} gaps={item.gaps} />
            </div>
          )
        })}
        {streaming && !hasText && <span className="waiting">{items.length > 0 ? 'Thinking' : 'Reading your message'}</span>}
      </div>
      <Facts response={response} filled={filled} />
    </article>
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

/** What is known about the answer, in a line below it. */
function Facts({ response, filled }: { response: ResponseState; filled: number | undefined }) {
  const { status, gaps, hasGap, verified, error } = response
  return (
    <footer className="facts" aria-live="polite">
      {hasGap && (
        <span className="fact warn" data-fact="gap">
          <Icon name="warning" />
          {describeGaps(gaps)}; the agent sends it again
        </span>
      )}
      {!hasGap && filled !== undefined && (
        <span className="fact good" data-fact="healed">
          <Icon name="check" />
          {filled > 0 ? `${characters(filled)} were missing and have been filled in` : 'Missing text has been filled in'}
        </span>
      )}
      {verified && status === 'complete' && (
        <span className="fact" data-fact="verified" title="Length and checksum agree with what the agent wrote">
          <Icon name="check" />
          Exactly what the model wrote
        </span>
      )}
      {status === 'stopped' && <span className="fact">Stopped</span>}
      {status === 'interrupted' && (
        <span className="fact warn">
          <Icon name="warning" />
          The agent went away before the end
        </span>
      )}
      {status === 'error' && (
        <span className="fact bad">
          <Icon name="warning" />
          {error?.message ?? 'The agent could not finish this answer'}
        </span>
      )}
      {status !== 'streaming' && <Copy text={response.text} />}
    </footer>
  )
}

function Copy({ text }: { text: string }) {
  const [copied, setCopied] = useState(false)
  async function copy() {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  return (
    <button type="button" className="act" onClick={() => void copy().catch(() => {})}>
      <Icon name={copied ? 'check' : 'copy'} />
      {copied ? 'Copied' : 'Copy'}
    </button>
  )
}

function describeGaps(gaps: readonly Gap[]): string {
  if (gaps.length === 1) return describeGap(gaps[0]!.missing)
  const known = gaps.every((gap) => gap.missing !== undefined)
  const total = gaps.reduce((sum, gap) => sum + (gap.missing ?? 0), 0)
  return known ? `${describeGap(total)} in ${gaps.length} places` : 'some text is missing'
}

const characters = (count: number) => (count === 1 ? '1 character' : `${count.toLocaleString('en')} characters`)
