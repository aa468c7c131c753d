import { memo, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { OutgoingPrompt } from '@rejoin/core'
import {
  useActions,
  useOlder,
  usePrompt,
  useResponse,
  useSession,
  useStickToEnd,
  useTurns,
} from '@rejoin/react'
import { describeWaiting } from '../common/activity.ts'
import { AnswerView } from '../common/answer/answerView.ts'
import { ComposerView } from '../common/composer/composerView.ts'
import { goOn } from '../common/goOn.ts'
import { HeaderView } from '../common/header/headerView.ts'
import { hintOf } from '../common/ideas.ts'
import { enter } from '../common/presence.ts'
import { PromptView } from '../common/prompt/promptView.ts'
import { firstRows, type RowRef } from '../common/rows.ts'
import { WelcomeView } from '../common/welcome.ts'
import { Row } from './Row.tsx'
import { useStage } from './stage.ts'
import { useView } from './useView.ts'

/** A whole chat: what the SDK's hooks tell, in elements that React owns. */
export function Chat() {
  const { connection, conversation, activity } = useStage()
  const { session, status, error, agents } = useSession()
  const { hasOlder, sentinel } = useOlder()
  const { turns } = useTurns()
  const ready = useReady(session.ready)
  const { sendMessage, stopAll } = useActions()
  const { scroller, isAtEnd, scrollToEnd } = useStickToEnd()
  const busy = useSyncExternalStore(activity.subscribe, activity.get)
  const waiting = describeWaiting(busy, agents.length)
  const [read] = useState(firstRows)
  const rows = useMemo(() => read(turns, ready, status), [read, turns, ready, status])
  useEffect(() => enter(connection, `ai:${conversation.id}`), [connection, conversation.id])

  function send(message: OutgoingPrompt) {
    scrollToEnd()
    // A prompt that does not get through says so in its own line.
    sendMessage(message).catch(() => {})
  }

  return (
    <div className="front" data-hydrated={ready}>
      <Header />
      <div className="scroll" ref={scroller} tabIndex={-1}>
        <div className="thread">
          <div className="older" ref={sentinel}>
            {hasOlder && 'Loading older messages…'}
          </div>
          {ready && turns.length === 0 && !error && <Welcome onSend={(text) => send({ text })} />}
          <ol aria-label="Messages">
            {rows.map(({ key, role, ...line }) => (
              <Row key={key}>{role === 'user' ? <Prompt {...line} /> : <Answer {...line} />}</Row>
            ))}
          </ol>
          <p className="waiting" role="status" hidden={waiting === ''}>
            {waiting}
          </p>
          {error && (
            <div className="notice" role="alert">
              {error.message}
            </div>
          )}
        </div>
      </div>
      {!isAtEnd && (
        <button type="button" className="latest" onClick={scrollToEnd}>
          Jump to end
        </button>
      )}
      <Composer onSend={send} onStop={() => void stopAll().catch(() => {})} />
    </div>
  )
}

type Line = Omit<RowRef, 'key' | 'role'>

const Prompt = memo(function Prompt({ id, ...branches }: Line) {
  const prompt = usePrompt(id)
  const actions = useActions()
  const { session } = useStage().connection
  // Not from `useSession`, which also renders whenever a member comes or goes.
  const status = useSyncExternalStore(session.subscribe, () => session.getSnapshot().status)
  return (
    <div
      ref={useView((element) => new PromptView(element, actions), prompt && { prompt, ...branches, status })}
    />
  )
})

/** One answer. While it streams, only its own row renders. */
const Answer = memo(function Answer({ id, branch }: Line) {
  const response = useResponse(id)
  const actions = useActions()
  const stage = useStage()
  const make = (element: HTMLElement) => new AnswerView(element, stage, { ...actions, goOn: goOn(actions) })
  return <article ref={useView(make, response && { response, branch })} />
})

function Header() {
  const stage = useStage()
  return <header ref={useView((element) => new HeaderView(element, stage))} />
}

function Welcome({ onSend }: { onSend(text: string): void }) {
  return <section ref={useView((element) => new WelcomeView(element, onSend))} />
}

function Composer({ onSend, onStop }: { onSend(message: OutgoingPrompt): void; onStop(): void }) {
  const { activity, config } = useStage()
  const options = { activity, hint: hintOf(config), send: onSend, stop: onStop }
  return <div ref={useView((element) => new ComposerView(element, options))} />
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
