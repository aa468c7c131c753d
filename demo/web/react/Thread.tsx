import { useEffect, useState, useSyncExternalStore } from 'react'
import type { Session } from '@rejoin/core'
import { useMessages, useSession } from '@rejoin/react'
import type { Config, Conversation } from '../shared/api.ts'
import type { Connection } from '../shared/connect.ts'
import { ideas } from '../shared/ideas.ts'
import type { Filled } from '../shared/log.ts'
import { Answer } from './Answer.tsx'
import { Composer } from './Composer.tsx'
import { Icon } from './Icon.tsx'
import { Prompt } from './Prompt.tsx'
import { Status } from './Status.tsx'
import { useStickToEnd } from './useStickToEnd.ts'

interface Props {
  conversation: Conversation
  config: Config
  connection: Connection
  filled: Filled
  problem: string | undefined
  onDrawer(drawer: 'list' | 'panel'): void
  onChanged(): void
}

export function Thread({ conversation, config, connection, filled, problem, onDrawer, onChanged }: Props) {
  const { session, error, hasOlder, sendMessage, stop, loadOlder } = useSession()
  const messages = useMessages()
  const hydrated = useReady(connection)
  const { scroller, atEnd, toEnd } = useStickToEnd()
  const lastAnswer = messages.findLast(({ role }) => role === 'assistant')?.id
  const streaming = useStreaming(session, lastAnswer)

  function send(text: string) {
    toEnd()
    // A prompt that does not get through says so in its own line.
    sendMessage({ text }).catch(() => {})
    if (conversation.title === '') setTimeout(onChanged, 1500)
  }

  return (
    <main className="main" data-hydrated={hydrated}>
      <header className="top">
        <button type="button" className="tool only-phone" aria-label="Conversations" onClick={() => onDrawer('list')}>
          <Icon name="menu" />
        </button>
        <h1>{conversation.title || 'New conversation'}</h1>
        <Status />
        <button type="button" className="tool outlined only-narrow" onClick={() => onDrawer('panel')}>
          <Icon name="zap" />
          <span className="label">Break it</span>
        </button>
      </header>
      <div className="scroll" ref={scroller}>
        <div className="thread">
          {hasOlder && (
            <div className="older">
              <button type="button" className="tool" onClick={() => void loadOlder().catch(() => {})}>
                Earlier messages
              </button>
            </div>
          )}
          {hydrated && messages.length === 0 && !error && <Welcome onSend={send} />}
          <ol aria-label="Messages">
            {messages.map(({ id, role }) => (
              <li key={id}>{role === 'user' ? <Prompt id={id} /> : <Answer id={id} filled={filled[id]} />}</li>
            ))}
          </ol>
          {(error || problem) && (
            <div className="notice" role="alert">
              <span>{problem ?? error?.message}</span>
            </div>
          )}
        </div>
      </div>
      {!atEnd && (
        <button type="button" className="latest" onClick={toEnd}>
          To the latest
        </button>
      )}
      <Composer
        streaming={streaming}
        disabled={false}
        hint={
          config.recorded
            ? 'Answers here are recordings of real model streams, whatever you ask. Set OPENAI_API_KEY or ANTHROPIC_API_KEY for a real model.'
            : `Answers come from ${config.model}. They can be wrong; they cannot be incomplete without saying so.`
        }
        onSend={send}
        onStop={() => void stop(lastAnswer).catch(() => {})}
      />
    </main>
  )
}

function Welcome({ onSend }: { onSend(text: string): void }) {
  return (
    <section className="welcome">
      <h2>Answers that stay whole, whatever happens on the way.</h2>
      <p>
        Ask something. While the answer is being written, refresh this page, open it in a second tab, lose your
        connection, or lose a piece of the stream. The text ends up exactly as the model wrote it.
      </p>
      <div className="ideas">
        {ideas.map((idea) => (
          <button key={idea} type="button" onClick={() => onSend(idea)}>
            {idea}
          </button>
        ))}
      </div>
    </section>
  )
}

/** Whether what there was has been read, successfully or not: before that an empty list says nothing. */
function useReady({ session }: Connection): boolean {
  const [ready, setReady] = useState(false)
  useEffect(() => {
    let left = false
    const done = () => !left && setReady(true)
    session.ready.then(done, done)
    return () => void (left = true)
  }, [session])
  return ready
}

/** Only the status of a response: its text may change sixty times a second without rendering anything here. */
function useStreaming(session: Session, id: string | undefined): boolean {
  return useSyncExternalStore(
    (listener) => (id === undefined ? () => {} : session.subscribeResponse(id, listener)),
    () => id !== undefined && session.getResponse(id)?.status === 'streaming',
  )
}
