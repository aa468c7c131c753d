import { useCallback, useEffect, useMemo, useState } from 'react'
import type { ResponseState } from '@rejoin/core'
import { useMessages, useOlder, useSession } from '@rejoin/react'
import { hintOf, ideas } from '../common/ideas.ts'
import { enter } from '../common/presence.ts'
import { titleOf } from '../common/title.ts'
import { turnsOf, type Chosen, type Turn } from '../common/turns.ts'
import { Answer } from './Answer.tsx'
import { Composer } from './Composer.tsx'
import { Header } from './Header.tsx'
import { Icon } from './Icon.tsx'
import { Prompt } from './Prompt.tsx'
import { Row } from './Row.tsx'
import { useStage } from './stage.ts'
import { useScroll } from './useScroll.ts'

export function Thread() {
  const { connection, conversation, config } = useStage()
  const { session, error, sendMessage, stop } = useSession()
  const { hasOlder, sentinel } = useOlder()
  const messages = useMessages({ all: true })
  const hydrated = useReady(session.ready)
  const [chosen, setChosen] = useState<Chosen>({})
  const [editing, setEditing] = useState<string>()
  // Whole at once: live text that comes while the past is still being read waits for its beginning.
  const turns = useMemo(
    () => (hydrated ? turnsOf(messages, session, chosen) : []),
    [hydrated, messages, session, chosen],
  )
  const { scroller, atEnd, toEnd } = useScroll()
  useEffect(() => enter(connection, `ai:${conversation.id}`), [connection, conversation.id])

  function send(text: string, replaces?: string) {
    toEnd()
    setEditing(undefined)
    // What is new shows: of each prompt the newest version.
    setChosen({})
    // A prompt that does not get through says so in its own line.
    sendMessage({ text, ...(replaces && { replaces }) }).catch(() => {})
  }

  function choose({ id, root = id }: Turn, version: number) {
    setChosen((before) => ({ ...before, [root]: version }))
  }

  const again = useCallback(
    ({ id }: ResponseState) => {
      setChosen({})
      session.regenerate(id).catch(() => {})
    },
    [session],
  )

  return (
    <div className="front" data-hydrated={hydrated}>
      <Header title={titleOf(conversation, session)} />
      <div className="scroll" ref={scroller} tabIndex={-1}>
        <div className="thread">
          <div className="older" ref={sentinel}>
            {hasOlder && 'Loading older messages…'}
          </div>
          {hydrated && messages.length === 0 && !error && <Welcome onSend={send} />}
          <ol aria-label="Messages">
            {turns.map((turn) => (
              <Row key={turn.id}>
                {turn.role === 'assistant' ? (
                  <Answer id={turn.id} onRegenerate={again} />
                ) : (
                  <Prompt
                    id={turn.id}
                    version={turn.version}
                    versions={turn.versions}
                    editing={editing === turn.id}
                    onEdit={setEditing}
                    onSend={(text) => send(text, turn.id)}
                    onVersion={(version) => choose(turn, version)}
                  />
                )}
              </Row>
            ))}
          </ol>
          {error && (
            <div className="notice" role="alert">
              <span>{error.message}</span>
            </div>
          )}
        </div>
      </div>
      {!atEnd && (
        <button type="button" className="latest" onClick={toEnd}>
          <Icon name="down" />
          Jump to end
        </button>
      )}
      <Composer hint={hintOf(config)} onSend={send} onStop={() => void stop().catch(() => {})} />
    </div>
  )
}

function Welcome({ onSend }: { onSend(text: string): void }) {
  return (
    <section className="welcome">
      <h2>Answers that stay whole, whatever happens on the way.</h2>
      <p>
        Ask something. While the answer is being written, refresh this page, open it in a second tab, lose
        your connection, or lose a piece of the stream. The text ends up exactly as the model wrote it.
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
function useReady(promise: Promise<void>): boolean {
  const [ready, setReady] = useState(false)
  useEffect(() => {
    let left = false
    const done = () => void (left || setReady(true))
    promise.then(done, done)
    return () => void (left = true)
  }, [promise])
  return ready
}
