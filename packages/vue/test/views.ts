import type { Branch, MessageRef, Part, Turn } from '@rejoin/core'
import type { Component, VNode } from 'vue'
import { defineComponent, h, Suspense } from 'vue'
import { oldRows, page, rendered } from '../../core/test/bindings/host.ts'
import type { ViewName } from '../../core/test/bindings/host.ts'
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

const Prompt = defineComponent(
  (props: { id: string }) => {
    const prompt = usePrompt(() => props.id)
    return () => {
      rendered(`row:${props.id}`)
      return h('li', { 'data-row': props.id }, prompt.value?.text)
    }
  },
  { props: ['id'] },
)

const AnswerRow = defineComponent(
  (props: { id: string }) => {
    const response = useResponse(() => props.id)
    return () => {
      rendered(`row:${props.id}`)
      return h('li', { 'data-row': props.id, 'data-status': response.value?.status }, response.value?.text)
    }
  },
  { props: ['id'] },
)

const row = ({ id, role }: MessageRef) => h(role === 'user' ? Prompt : AnswerRow, { id, key: id })

const Conversation = defineComponent(() => {
  const messages = useMessages()
  return () => {
    rendered('list')
    return h('ol', messages.value.map(row))
  }
})

const Answer = defineComponent(
  (props: { id: string }) => {
    const response = useResponse(() => props.id)
    return () => h('p', { 'data-answer': '', 'data-status': response.value?.status }, response.value?.text)
  },
  { props: ['id'] },
)

const Newest = defineComponent(() => {
  const response = useResponse()
  return () => {
    rendered('newest')
    return h('p', { 'data-answer': '' }, response.value?.text)
  }
})

const Status = defineComponent(
  (props: { id: string }) => {
    const status = useResponse(
      () => props.id,
      (response) => response.status,
    )
    return () => {
      rendered('status')
      return h('p', { 'data-status': '' }, status.value)
    }
  },
  { props: ['id'] },
)

const Length = defineComponent(
  (props: { id: string }) => {
    // A new object each time, as people write it.
    const measured = useResponse(
      () => props.id,
      ({ text }) => ({ length: text.length }),
    )
    return () => {
      rendered('length')
      return h('p', { 'data-length': '' }, measured.value?.length)
    }
  },
  { props: ['id'] },
)

const Selected = defineComponent(
  (props: { id: string }) => () => {
    rendered('list')
    return [h(Status, { id: props.id }), h(Length, { id: props.id })]
  },
  { props: ['id'] },
)

const Delivery = defineComponent(
  (props: { id: string }) => {
    const prompt = usePrompt(() => props.id)
    const { retryMessage } = useSession()
    const onClick = () => void retryMessage(props.id).catch(() => {})
    return () =>
      prompt.value &&
      h('p', { 'data-delivery': prompt.value.delivery, title: prompt.value.error?.message }, [
        prompt.value.text,
        h('button', { 'data-retry': '', onClick }, 'Again'),
      ])
  },
  { props: ['id'] },
)

const Composer = defineComponent(() => {
  const send = useSend()
  const onClick = () => void send({ text: 'Why?', promptId: 'mine' }).catch(() => {})
  return () => {
    rendered('composer')
    return [h('button', { onClick }, 'Send'), h(Delivery, { id: 'mine' })]
  }
})

const Agents = defineComponent(() => {
  const agents = useAgents()
  return () =>
    h(
      'ul',
      agents.value.map(({ clientId }) => h('li', { key: clientId }, clientId)),
    )
})

const SessionStatus = defineComponent(() => {
  const { status, hydration, error, messages, session } = useSession()
  return () =>
    h(
      'p',
      {
        'data-status': status.value,
        'data-hydration': hydration.value,
        onClick: () => session.value.close(),
      },
      error.value?.message ?? String(messages.value.length),
    )
})

const Gaps = defineComponent(
  (props: { id: string }) => {
    const response = useResponse(() => props.id)
    return () => {
      const missing = response.value?.gaps.map((gap) => gap.missing).join()
      return h(
        'p',
        { 'data-answer': '', 'data-verified': response.value?.verified, 'data-missing': missing },
        response.value?.text,
      )
    }
  },
  { props: ['id'] },
)

const Parts = defineComponent(
  (props: { id: string }) => {
    const parts = useResponse(
      () => props.id,
      (response) => response.parts,
    )
    const { addToolOutput, addToolApprovalResponse } = useSession()
    const onResult = ({ toolCallId }: { toolCallId: string }) =>
      void addToolOutput({ responseId: props.id, toolCallId, tool: 'place', output: 'Ghent' })
    const onApproval = ({ toolCallId }: { toolCallId: string }) =>
      void addToolApprovalResponse({ responseId: props.id, toolCallId, approved: true })
    const item = (part: Part) =>
      h('li', { key: part.id, 'data-type': part.type }, [
        describe(part),
        'toolCallId' in part && h('button', { onClick: () => onResult(part) }, 'Result'),
        'toolCallId' in part && h('input', { type: 'button', onClick: () => onApproval(part) }),
      ])
    return () => h('ol', parts.value?.map(item))
  },
  { props: ['id'] },
)

const Line = defineComponent(
  (props: { id: string }) => {
    const message = useMessage(() => props.id)
    const { regenerate } = useActions()
    return () => {
      rendered(`row:${props.id}`)
      const { role, text } = message.value ?? {}
      return h(
        'p',
        { 'data-row': props.id, 'data-role': role, onClick: () => void regenerate(props.id) },
        text,
      )
    }
  },
  { props: ['id'] },
)

const Rows = defineComponent(() => {
  const messages = useMessages()
  return () => {
    rendered('list')
    return h(
      'div',
      messages.value.map(({ id }) => h(Line, { id, key: id })),
    )
  }
})

/** The same as the versions of a turn, by `useBranch`. */
const Switch = defineComponent(
  (props: { id: string }) => {
    const { versions, index, select } = useBranch(() => props.id)
    const onClick = () => select((index.value + 1) % versions.value.length)
    return () =>
      h('button', { 'data-switch': props.id, onClick }, `${index.value + 1}/${versions.value.length}`)
  },
  { props: ['id'] },
)

const TurnRow = defineComponent(
  (props: { turn: Turn; choose: (version: string) => void }) => {
    const versionsOf = (name: string, branch: Branch | undefined) =>
      branch?.versions.map((version, i) =>
        h(
          'button',
          {
            key: version,
            'data-version': `${name} ${i}`,
            'data-shown': i === branch.index,
            onClick: () => props.choose(version),
          },
          i,
        ),
      )
    return () => {
      const { id, promptId, responseIds, promptVersions, answerVersions } = props.turn
      rendered(`row:${id}`)
      return h('section', { 'data-turn': id }, [
        promptId !== undefined && h(Line, { id: promptId }),
        versionsOf('prompt', promptVersions),
        responseIds.map((responseId) => h(Line, { id: responseId, key: responseId })),
        versionsOf('answer', answerVersions),
        responseIds.map((responseId) => h(Switch, { id: responseId, key: responseId })),
      ])
    }
  },
  { props: ['turn', 'choose'] },
)

/** A row as high as its text is long. */
const Tall = defineComponent(
  (props: { id: string }) => {
    const message = useMessage(() => props.id)
    return () => {
      const text = message.value?.text ?? ''
      return h('p', { 'data-row': props.id, style: { height: `${20 + text.length}px`, margin: 0 } }, text)
    }
  },
  { props: ['id'] },
)

const End = defineComponent(() => {
  const { scroller, scrollToEnd, isAtEnd } = useStickToEnd()
  const messages = useMessages()
  // Browsers that keep the place themselves are not to help.
  const style = { height: '300px', overflowY: 'auto', overflowAnchor: 'none' } as const
  return () =>
    h('div', [
      h('div', { 'data-scroller': '', ref: scroller, style }, [
        h(
          'div',
          messages.value.map(({ id }) => h(Tall, { id, key: id })),
        ),
      ]),
      h('button', { 'data-end': isAtEnd.value, onClick: scrollToEnd }, 'End'),
    ])
})

const Waiting = defineComponent(() => {
  const isReady = useIsReady()
  return () => (isReady.value ? h(Newest) : h('p', { 'data-fallback': '' }, '…'))
})

const Turns = defineComponent(() => {
  const { turns, choose } = useTurns()
  return () => {
    rendered('list')
    return h(
      'div',
      turns.value.map((turn) => h(TurnRow, { turn, choose, key: turn.id })),
    )
  }
})

const Queue = defineComponent(() => {
  const queue = useQueue()
  const { stop } = useActions()
  return () => {
    rendered('queue')
    return h(
      'div',
      queue.value.map(({ id, text }) =>
        h('button', { key: id, 'data-queued': '', onClick: () => void stop(id) }, text),
      ),
    )
  }
})

const Stop = defineComponent(() => {
  const { isStreaming, stopAll } = useSession()
  return () => {
    rendered('stop')
    return h('button', { 'data-streaming': isStreaming.value, onClick: () => void stopAll() }, 'Stop')
  }
})

/** A conversation is read from its end. */
function toEnd({ el }: VNode): void {
  el!.scrollTop = el!.scrollHeight
}

const Older = defineComponent(() => {
  const { hasOlder, loading, error, loadOlder, sentinel } = useOlder()
  const messages = useMessages()
  return () =>
    h('div', { 'data-scroller': '', onVnodeMounted: toEnd, style: { height: '300px', overflowY: 'auto' } }, [
      h(
        'div',
        {
          ref: sentinel,
          style: { height: '20px' },
          'data-older': hasOlder.value,
          'data-loading': loading.value,
        },
        h('button', { onClick: () => void loadOlder() }, error.value?.message),
      ),
      h(
        'ol',
        { style: { margin: 0 } },
        messages.value.map(({ id }) =>
          h('li', { key: id, 'data-row': id, style: { height: '50px' } }, h('span', id)),
        ),
      ),
    ])
})

const OlderRows = defineComponent(() => {
  const messages = useMessages()
  return () => messages.value.map(({ id }) => h('p', { key: id, 'data-row': id }))
})

/** Reads nothing of the state. */
const OlderList = defineComponent(() => {
  const { sentinel } = useOlder()
  return () => h('div', [h('div', { ref: sentinel }), h(OlderRows)])
})

const Ready = defineComponent(async () => {
  await useReady()
  return () => h(Conversation)
})

const Suspended = defineComponent(
  () => () =>
    h(Suspense, null, { default: () => h(Ready), fallback: () => h('p', { 'data-fallback': '' }, '…') }),
)

const Shown = defineComponent(
  (props: { channel: string }) => {
    const response = useResponse()
    return () => {
      rendered(`${props.channel} ${response.value?.text}`)
      return h('p', { 'data-answer': '' }, response.value?.text)
    }
  },
  { props: ['channel'] },
)

const FromRows = defineComponent(
  (props: { channel: string }) => {
    const session = useCreateSession(
      () => props.channel,
      (name) => page.host!.open(name, { initialRows: oldRows }),
      oldRows,
    )
    return () => h(SessionProvider, { session: session.value }, () => h(Conversation))
  },
  { props: ['channel'] },
)

const Created = defineComponent(
  (props: { channel: string }) => {
    const session = useCreateSession(
      () => props.channel,
      (name) => page.host!.open(name),
    )
    return () =>
      session.value
        ? h(SessionProvider, { session: session.value }, () => h(Shown, { channel: props.channel }))
        : h('p', { 'data-fallback': '' }, '…')
  },
  { props: ['channel'] },
)

/** One component for each scenario; `packages/react/test/views.tsx` has the same. */
export const views: Record<ViewName, Component> = {
  Conversation,
  Answer,
  Newest,
  Selected,
  Composer,
  Agents,
  Status: SessionStatus,
  Gaps,
  Parts,
  Rows,
  Turns,
  Queue,
  Stop,
  End,
  Waiting,
  Older,
  OlderList,
  Suspended,
  Created,
  FromRows,
}

function describe(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning') return part.text
  if ('toolCallId' in part)
    return [part.state, part.input, part.output].map((x) => JSON.stringify(x)).join(' ')
  return JSON.stringify(
    'data' in part ? part.data : 'url' in part ? part.url : part.type === 'custom' ? part.kind : part.title,
  )
}
