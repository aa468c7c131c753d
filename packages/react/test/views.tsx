import type { Branch, MessageRef, Part, ResponseState, Turn } from '@rejoin/core'
import type { FC } from 'react'
import { memo, Suspense, useCallback } from 'react'
import { oldRows, page, rendered } from '../../core/test/bindings/host.ts'
import type { ViewName, ViewProps } from '../../core/test/bindings/host.ts'
import {
  SessionProvider,
  useActions,
  useAgents,
  useBranch,
  useCreateSession,
  useIsReady,
  useMessage,
  useMessages,
  useOlder,
  usePrompt,
  useQueue,
  useReady,
  useResponse,
  useSend,
  useSession,
  useStickToEnd,
  useTurns,
} from '../src/index.ts'

const OlderRows = () => useMessages().map(({ id }) => <p key={id} data-row={id} />)

/** One component for each scenario; `packages/vue/test/views.ts` has the same. */
export const views: Record<ViewName, FC<ViewProps>> = {
  Conversation() {
    rendered('list')
    return (
      <ol>
        {useMessages().map((message) => (
          <Row key={message.id} message={message} />
        ))}
      </ol>
    )
  },

  Answer({ id }) {
    const response = useResponse(id)
    return (
      <p data-answer data-status={response?.status}>
        {response?.text}
      </p>
    )
  },

  Newest() {
    rendered('newest')
    return <p data-answer>{useResponse()?.text}</p>
  },

  Selected({ id }) {
    rendered('list')
    return (
      <>
        <Status id={id!} />
        <Length id={id!} />
      </>
    )
  },

  Composer() {
    rendered('composer')
    const send = useSend()
    return (
      <>
        <button onClick={() => void send({ text: 'Why?', promptId: 'mine' }).catch(() => {})}>Send</button>
        <Delivery id="mine" />
      </>
    )
  },

  Agents() {
    return (
      <ul>
        {useAgents().map(({ clientId }) => (
          <li key={clientId}>{clientId}</li>
        ))}
      </ul>
    )
  },

  Status() {
    const { status, hydration, error, messages, session } = useSession()
    return (
      <p data-status={status} data-hydration={hydration} onClick={() => session.close()}>
        {error?.message ?? messages.length}
      </p>
    )
  },

  Gaps({ id }) {
    const response = useResponse(id)
    const missing = response?.gaps.map((gap) => gap.missing).join()
    return (
      <p data-answer data-verified={response?.verified} data-missing={missing}>
        {response?.text}
      </p>
    )
  },

  Parts({ id }) {
    const parts = useResponse(id, (response) => response.parts) ?? []
    const { addToolOutput, addToolApprovalResponse } = useSession()
    const onResult = (part: { toolCallId: string }) =>
      void addToolOutput({ responseId: id!, toolCallId: part.toolCallId, tool: 'place', output: 'Ghent' })
    const onApproval = (part: { toolCallId: string }) =>
      void addToolApprovalResponse({ responseId: id!, toolCallId: part.toolCallId, approved: true })
    return (
      <ol>
        {parts.map((part) => (
          <li key={part.id} data-type={part.type}>
            {describe(part)}
            {'toolCallId' in part && <button onClick={() => onResult(part)}>Result</button>}
            {'toolCallId' in part && <input type="button" onClick={() => onApproval(part)} />}
          </li>
        ))}
      </ol>
    )
  },

  Rows() {
    rendered('list')
    return (
      <div>
        {useMessages().map(({ id }) => (
          <Line key={id} id={id} />
        ))}
      </div>
    )
  },

  Turns() {
    rendered('list')
    const { turns, choose } = useTurns()
    return (
      <div>
        {turns.map((turn) => (
          <TurnRow key={turn.id} turn={turn} choose={choose} />
        ))}
      </div>
    )
  },

  Queue() {
    rendered('queue')
    const { stop } = useActions()
    return (
      <div>
        {useQueue().map(({ id, text }) => (
          <button key={id} data-queued onClick={() => void stop(id)}>
            {text}
          </button>
        ))}
      </div>
    )
  },

  Stop() {
    rendered('stop')
    const { isStreaming, stopAll } = useSession()
    return (
      <button data-streaming={isStreaming} onClick={() => void stopAll()}>
        Stop
      </button>
    )
  },

  End() {
    const { scroller, scrollToEnd, isAtEnd } = useStickToEnd()
    // Browsers that keep the place themselves are not to help.
    const style = { height: 300, overflowY: 'auto', overflowAnchor: 'none' } as const
    return (
      <div>
        <div data-scroller ref={scroller} style={style}>
          <div>
            {useMessages().map(({ id }) => (
              <Tall key={id} id={id} />
            ))}
          </div>
        </div>
        <button data-end={isAtEnd} onClick={scrollToEnd}>
          End
        </button>
      </div>
    )
  },

  Waiting() {
    return useIsReady() ? <Newest /> : <p data-fallback>…</p>
  },

  Older() {
    const { hasOlder, loading, error, loadOlder, sentinel } = useOlder()
    const messages = useMessages()
    return (
      <div data-scroller ref={toEnd} style={{ height: 300, overflowY: 'auto' }}>
        <div ref={sentinel} style={{ height: 20 }} data-older={hasOlder} data-loading={loading}>
          <button onClick={() => void loadOlder()}>{error?.message}</button>
        </div>
        <ol style={{ margin: 0 }}>
          {messages.map(({ id }) => (
            <li key={id} data-row={id} style={{ height: 50 }}>
              <span>{id}</span>
            </li>
          ))}
        </ol>
      </div>
    )
  },

  /** Reads nothing of the state. */
  OlderList() {
    const { sentinel } = useOlder()
    return (
      <div>
        <div ref={sentinel} />
        <OlderRows />
      </div>
    )
  },

  /** A heading and the sentinel stand above the rows, in the element that stays at its end. */
  OlderAtEnd() {
    const { sentinel } = useOlder()
    const { scroller } = useStickToEnd()
    return (
      <div data-scroller ref={scroller} style={{ height: 300, overflowY: 'auto' }}>
        <h1>Chat</h1>
        <div ref={sentinel} style={{ height: 20 }} />
        {useMessages().map(({ id }) => (
          <div key={id} data-row={id} style={{ height: 50 }}>
            {id}
          </div>
        ))}
      </div>
    )
  },

  Suspended() {
    return (
      <Suspense fallback={<p data-fallback>…</p>}>
        <Ready />
      </Suspense>
    )
  },

  FromRows({ channel }) {
    const session = useCreateSession(
      channel!,
      (name) => page.host!.open(name, { initialRows: oldRows }),
      oldRows,
    )
    return (
      <SessionProvider session={session}>
        <views.Conversation />
      </SessionProvider>
    )
  },

  Created({ channel }) {
    const session = useCreateSession(
      channel!,
      useCallback((name: string) => page.host!.open(name), []),
    )
    if (!session) return <p data-fallback>…</p>
    return (
      <SessionProvider session={session}>
        <Shown channel={channel!} />
      </SessionProvider>
    )
  },
}

/** A conversation is read from its end. */
function toEnd(element: Element | null): void {
  if (element) element.scrollTop = element.scrollHeight
}

const Row = memo(function Row({ message: { id, role } }: { message: MessageRef }) {
  return role === 'user' ? <Prompt id={id} /> : <Answer id={id} />
})

function Prompt({ id }: { id: string }) {
  rendered(`row:${id}`)
  return <li data-row={id}>{usePrompt(id)?.text}</li>
}

function Answer({ id }: { id: string }) {
  rendered(`row:${id}`)
  const response = useResponse(id)
  return (
    <li data-row={id} data-status={response?.status}>
      {response?.text}
    </li>
  )
}

const statusOf = (response: ResponseState) => response.status

function Status({ id }: { id: string }) {
  rendered('status')
  return <p data-status>{useResponse(id, statusOf)}</p>
}

function Length({ id }: { id: string }) {
  rendered('length')
  // A new function and a new object each time, as people write it.
  const measured = useResponse(id, ({ text }) => ({ length: text.length }))
  return <p data-length>{measured?.length}</p>
}

const Line = memo(function Line({ id }: { id: string }) {
  rendered(`row:${id}`)
  const message = useMessage(id)
  const { regenerate } = useActions()
  return (
    <p data-row={id} data-role={message?.role} onClick={() => void regenerate(id)}>
      {message?.text}
    </p>
  )
})

const TurnRow = memo(function TurnRow({ turn, choose }: { turn: Turn; choose: (version: string) => void }) {
  rendered(`row:${turn.id}`)
  const { promptId, responseIds, promptVersions, answerVersions } = turn
  return (
    <section data-turn={turn.id}>
      {promptId !== undefined && <Line id={promptId} />}
      {promptVersions && <Versions name="prompt" branch={promptVersions} choose={choose} />}
      {responseIds.map((id) => (
        <Line key={id} id={id} />
      ))}
      {answerVersions && <Versions name="answer" branch={answerVersions} choose={choose} />}
      {responseIds.map((id) => (
        <Switch key={id} id={id} />
      ))}
    </section>
  )
})

function Versions({
  name,
  branch,
  choose,
}: {
  name: string
  branch: Branch
  choose: (version: string) => void
}) {
  return branch.versions.map((version, i) => (
    <button
      key={version}
      data-version={`${name} ${i}`}
      data-shown={i === branch.index}
      onClick={() => choose(version)}
    >
      {i}
    </button>
  ))
}

/** The same by `useBranch`. */
function Switch({ id }: { id: string }) {
  const { versions, index, select } = useBranch(id)
  return (
    <button data-switch={id} onClick={() => select((index + 1) % versions.length)}>
      {`${index + 1}/${versions.length}`}
    </button>
  )
}

/** A row as high as its text is long. */
function Tall({ id }: { id: string }) {
  const text = useMessage(id)?.text ?? ''
  return (
    <p data-row={id} style={{ height: 20 + text.length, margin: 0 }}>
      {text}
    </p>
  )
}

function Newest() {
  return <p data-answer>{useResponse()?.text}</p>
}

function Delivery({ id }: { id: string }) {
  const prompt = usePrompt(id)
  const { retryMessage } = useSession()
  if (!prompt) return null
  return (
    <p data-delivery={prompt.delivery} title={prompt.error?.message}>
      {prompt.text}
      <button data-retry onClick={() => void retryMessage(id).catch(() => {})}>
        Again
      </button>
    </p>
  )
}

function Shown({ channel }: { channel: string }) {
  const text = useResponse()?.text
  rendered(`${channel} ${text}`)
  return <p data-answer>{text}</p>
}

function Ready() {
  useReady()
  return <views.Conversation />
}

function describe(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning') return part.text
  if ('toolCallId' in part)
    return [part.state, part.input, part.output].map((x) => JSON.stringify(x)).join(' ')
  return JSON.stringify(
    'data' in part ? part.data : 'url' in part ? part.url : part.type === 'custom' ? part.kind : part.title,
  )
}
