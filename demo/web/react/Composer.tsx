import { useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { Icon } from './Icon.tsx'

interface Props {
  streaming: boolean
  hint: string
  onSend(text: string): void
  onStop(): void
}

export function Composer({ streaming, hint, onSend, onStop }: Props) {
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  const empty = text.trim() === ''

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
          value={text}
          aria-label="Your message"
          placeholder="Ask anything"
          maxLength={8000}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {streaming && empty ? (
          <button type="button" className="send stop" aria-label="Stop the answer" onClick={onStop}>
            <Icon name="stop" />
          </button>
        ) : (
          <button type="submit" className="send" aria-label="Send" disabled={empty}>
            <Icon name="arrowUp" />
          </button>
        )}
      </form>
      <p className="hint">{hint}</p>
    </div>
  )
}
