import { useState } from 'react'
import type { ResponseState } from '@rejoin/core'
import { factsOf } from '../common/facts.ts'
import { Icon } from './Icon.tsx'

/** What is known about the answer, in a line below it. */
export function Facts({ response, filled }: { response: ResponseState; filled: number | undefined }) {
  return (
    <footer className="facts">
      <span className="said" aria-live="polite">
        {factsOf(response, filled).map(({ kind, tone, text, icon }) => (
          <span key={kind} className={`fact ${tone}`} data-fact={kind}>
            {icon && <Icon name={icon} />}
            {text}
          </span>
        ))}
      </span>
      {response.status !== 'streaming' && response.text !== '' && <Copy text={response.text} />}
    </footer>
  )
}

function Copy({ text }: { text: string }) {
  const [copied, setCopied] = useState(false)
  function copy() {
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true)
        setTimeout(() => setCopied(false), 1500)
      },
      () => {},
    )
  }
  return (
    <button type="button" className="act" onClick={copy}>
      <Icon name={copied ? 'check' : 'copy'} />
      {copied ? 'Copied' : 'Copy'}
    </button>
  )
}
