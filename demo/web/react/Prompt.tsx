import { memo } from 'react'
import { usePrompt } from '@rejoin/react'

export const Prompt = memo(function Prompt({ id }: { id: string }) {
  const prompt = usePrompt(id)
  if (!prompt) return null
  return (
    <div className="prompt" data-prompt={id} data-delivery={prompt.delivery}>
      <div className="bubble">{prompt.text}</div>
      {prompt.delivery === 'failed' && (
        <div className="failed" role="alert">
          Not sent. {prompt.error?.message}
        </div>
      )}
    </div>
  )
})
