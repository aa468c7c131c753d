import { useSyncExternalStore } from 'react'
import { getFormat, onFormat, setFormat } from '../common/preference.ts'
import { Icon } from './Icon.tsx'

export const useFormat = () => useSyncExternalStore(onFormat, getFormat)

/** Rendered Markdown, or the text exactly as the model wrote it. */
export function FormatSwitch() {
  const source = useFormat() === 'source'
  return (
    <button
      type="button"
      className="tool"
      aria-pressed={source}
      aria-label="Show the model's own text"
      title="Show the model's own text"
      onClick={() => setFormat(source ? 'rendered' : 'source')}
    >
      <Icon name="source" />
    </button>
  )
}
