import type { Conversation, Pattern, User } from '../shared/api.ts'
import { pathOf } from '../shared/route.ts'
import { Icon } from './Icon.tsx'

interface Props {
  open: boolean
  user: User
  current: Conversation | undefined
  conversations: readonly Conversation[]
  onOpen(id: string): void
  onNew(pattern: Pattern): void
  onPattern(pattern: Pattern): void
  onSignOut(): void
  onClose(): void
}

const patterns: [Pattern, string][] = [
  ['message-per-response', 'Per response'],
  ['message-per-token', 'Per token'],
]

export function Sidebar(props: Props) {
  const { open, user, current, conversations, onOpen, onNew, onPattern, onSignOut, onClose } = props
  const pattern = current?.pattern ?? 'message-per-response'
  return (
    <aside className="side" data-open={open} aria-label="Conversations">
      <div className="brand">
        <img src="/icon.svg" alt="" />
        Rejoin
        <span style={{ flex: 1 }} />
        <button type="button" className="tool only-phone" aria-label="Close the list" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="choice" role="group" aria-label="How answers are published">
        {patterns.map(([value, label]) => (
          <button key={value} type="button" aria-pressed={pattern === value} onClick={() => onPattern(value)}>
            {label}
          </button>
        ))}
      </div>
      <button type="button" className="new" onClick={() => onNew(pattern)}>
        New conversation
      </button>
      <nav aria-label="Conversations">
        <ul>
          {conversations.map((conversation) => (
            <li key={conversation.id}>
              <a
                className="entry"
                href={pathOf({ front: 'react', conversation: conversation.id })}
                aria-current={conversation.id === current?.id ? 'page' : undefined}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey) return
                  event.preventDefault()
                  onOpen(conversation.id)
                }}
              >
                {conversation.title || 'New conversation'}
                <small>{conversation.pattern === 'message-per-token' ? 'A message per token' : 'A message per response'}</small>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <footer>
        <span>{user.name}</span>
        <button type="button" className="tool" aria-label="Sign out" title="Sign out" onClick={onSignOut}>
          <Icon name="leave" />
        </button>
      </footer>
    </aside>
  )
}
