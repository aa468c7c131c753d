import { useSyncExternalStore } from 'react'
import { useSession } from '@rejoin/react'
import { describePresence } from '../common/presence.ts'
import { describeStatus } from '../common/status.ts'
import { onOnline } from '../common/online.ts'
import { FormatSwitch } from './FormatSwitch.tsx'
import { Icon } from './Icon.tsx'
import { useStage } from './stage.ts'

/** What the conversation is called, who is here, and how the connection is. */
export function Header({ title }: { title: string }) {
  const { openDrawer } = useStage()
  const state = useSession()
  const online = useSyncExternalStore(onOnline, () => navigator.onLine)
  const { tone, text } = describeStatus(state, online)
  return (
    <header className="top">
      <button
        type="button"
        className="tool only-phone"
        aria-label="Conversations"
        onClick={() => openDrawer('list')}
      >
        <Icon name="menu" />
      </button>
      <div className="title">
        <h1 dir="auto">{title}</h1>
        <p className="presence">{describePresence(state)}</p>
      </div>
      <span className="status" role="status" data-tone={tone}>
        <span className="dot" aria-hidden="true" />
        {text}
      </span>
      <FormatSwitch />
      <button
        type="button"
        className="tool outlined only-narrow"
        aria-label="Break it"
        onClick={() => openDrawer('panel')}
      >
        <Icon name="zap" />
        <span className="label">Break it</span>
      </button>
    </header>
  )
}
