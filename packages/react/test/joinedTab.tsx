import { Chat, useChat } from '@ai-sdk/react'
import type { Session } from '@rejoin/core'
import { createChatTransport, joinChat } from '@rejoin/core/ai-sdk'
import { useEffect, useState } from 'react'
import { textOf } from '../../core/test/wire/textOf.ts'

/** One tab of a chat: what its own person asks, and what others do. */
export function Tab({ session, name }: { session: Session; name: string }) {
  const [chat] = useState(() => new Chat({ transport: createChatTransport(session) }))
  useEffect(() => joinChat(session, chat), [session, chat])
  const { messages, sendMessage } = useChat({ chat })
  return (
    <section>
      <button id={name} onClick={() => void sendMessage({ text: `From ${name}?` })} />
      <ol data-tab={name}>
        {messages.map((message) => (
          <li key={message.id}>{textOf(message)}</li>
        ))}
      </ol>
    </section>
  )
}
