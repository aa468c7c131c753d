import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent, type KeyboardEvent } from 'react'
import { mayFocus } from '../common/focus.ts'
import { Icon } from './Icon.tsx'
import { useStage } from './stage.ts'

interface Props {
  hint: string
  onSend(text: string): void
  onStop(): void
}

export function Composer({ hint, onSend, onStop }: Props) {
  const { streaming } = useStage()
  const count = useSyncExternalStore(streaming.subscribe, streaming.get)
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  const empty = text.trim() === ''

  useEffect(() => {
    if (mayFocus()) field.current?.focus()
  }, [])

  function send(event?: FormEvent) {
    event?.preventDefault()
    if (empty) return
    onSend(text.trim())
    setText('')
    field.current?.focus()
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }

  return (
    <div className="composer">
      <form onSubmit={send}>
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          aria-label="Your message"
          placeholder="Ask anything"
          maxLength={8000}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {count > 0 && (
          <button
            type="button"
            className="send stop"
            aria-label={count === 1 ? 'Stop the answer' : `Stop ${count} answers`}
            onClick={onStop}
          >
            <Icon name="stop" />
          </button>
        )}
        {(count === 0 || !empty) && (
          <button type="submit" className="send" aria-label="Send" disabled={empty}>
            <Icon name="arrowUp" />
          </button>
        )}
      </form>
      <p className="hint">{hint}</p>
    </div>
  )
}
