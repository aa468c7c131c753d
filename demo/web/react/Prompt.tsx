import { memo, useState, type FormEvent } from 'react'
import { usePrompt, useSession } from '@rejoin/react'
import { chunksOf } from '../common/chunks.ts'
import { describeFailure } from '../common/failure.ts'
import { describeTime } from '../common/time.ts'
import { Icon } from './Icon.tsx'

interface Props {
  id: string
  version: number | undefined
  versions: number | undefined
  editing: boolean
  onEdit(id: string | undefined): void
  onSend(text: string): void
  onVersion(version: number): void
}

export const Prompt = memo(function Prompt({
  id,
  version = 1,
  versions = 1,
  editing,
  onEdit,
  onSend,
  onVersion,
}: Props) {
  const prompt = usePrompt(id)
  const { retryMessage, status } = useSession()
  if (!prompt) return null
  if (editing) return <Editor text={prompt.text} onCancel={() => onEdit(undefined)} onSend={onSend} />
  return (
    <div className="prompt" data-prompt={id} data-delivery={prompt.delivery}>
      <div className="bubble" dir="auto">
        {chunksOf(prompt.text)}
      </div>
      {prompt.delivery === 'failed' && (
        <div className="failed" role="alert">
          {describeFailure(prompt, { status })}{' '}
          <button type="button" onClick={() => void retryMessage(id).catch(() => {})}>
            Retry
          </button>
        </div>
      )}
      <div className="acts">
        {versions > 1 && (
          <span className="versions">
            <button
              type="button"
              aria-label="Previous version"
              disabled={version === 1}
              onClick={() => onVersion(version - 1)}
            >
              <Icon name="back" />
            </button>
            {version} of {versions}
            <button
              type="button"
              aria-label="Next version"
              disabled={version === versions}
              onClick={() => onVersion(version + 1)}
            >
              <Icon name="chevron" />
            </button>
          </span>
        )}
        {prompt.delivery === 'sent' && (
          <button type="button" className="act" onClick={() => onEdit(id)}>
            <Icon name="pencil" />
            Edit
          </button>
        )}
        {prompt.createdAt > 0 && (
          <time dateTime={new Date(prompt.createdAt).toISOString()}>{describeTime(prompt.createdAt)}</time>
        )}
      </div>
    </div>
  )
})

function Editor({ text, onCancel, onSend }: { text: string; onCancel(): void; onSend(text: string): void }) {
  const [edited, setEdited] = useState(text)
  function send(event: FormEvent) {
    event.preventDefault()
    if (edited.trim() !== '') onSend(edited.trim())
  }
  return (
    <form className="editor" onSubmit={send}>
      <textarea
        aria-label="Edit your message"
        autoFocus
        dir="auto"
        rows={2}
        value={edited}
        maxLength={8000}
        onChange={(event) => setEdited(event.target.value)}
      />
      <div className="choices">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="button first">
          Send
        </button>
      </div>
    </form>
  )
}
