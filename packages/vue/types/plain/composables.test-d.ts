import type {
  DataPart,
  Member,
  MessageRef,
  OutgoingPrompt,
  PromptState,
  RejoinError,
  ResponseState,
  Session,
  SessionStatus,
  TextPart,
  ToolPart,
} from '@rejoin/core'
import type { createSession } from '@rejoin/core'
import { expectTypeOf } from 'vitest'
import type { App, ShallowRef } from 'vue'
import { h, provide, ref, shallowRef } from 'vue'
import {
  RejoinPlugin,
  sessionKey,
  SessionProvider,
  useAgents,
  useCreateSession,
  useMessages,
  useOlder,
  usePrompt,
  useReady,
  useResponse,
  useSend,
  useSession,
} from '../../src/index.ts'

type Shown<T> = Readonly<ShallowRef<T>>

// A response, or what a selector takes from one; `undefined` until there is one.
expectTypeOf(useResponse()).toEqualTypeOf<Shown<ResponseState | undefined>>()
expectTypeOf(useResponse('a')).toEqualTypeOf<Shown<ResponseState | undefined>>()
expectTypeOf(useResponse(undefined, (r) => r.status)).toEqualTypeOf<
  Shown<ResponseState['status'] | undefined>
>()
expectTypeOf(useResponse(ref('a'), (r) => r.parts.length)).toEqualTypeOf<Shown<number | undefined>>()
useResponse(() => 'a')
useResponse(ref<string>())
// @ts-expect-error: an id is a string.
useResponse(ref(1))
// @ts-expect-error: a response has no such field.
useResponse('a', (r) => r.nothing)
// @ts-expect-error: what is shown is readonly.
useResponse('a').value = undefined

expectTypeOf(useMessages()).toEqualTypeOf<Shown<readonly MessageRef[]>>()
expectTypeOf(useAgents()).toEqualTypeOf<Shown<readonly Member[]>>()
expectTypeOf(usePrompt(() => 'p')).toEqualTypeOf<Shown<PromptState | undefined>>()
// @ts-expect-error: which prompt?
usePrompt()
expectTypeOf(useSend()).toEqualTypeOf<(prompt: OutgoingPrompt) => Promise<string>>()
expectTypeOf(useReady()).toExtend<Promise<unknown>>()

const session = useSession()
expectTypeOf(session.status).toEqualTypeOf<Shown<SessionStatus>>()
expectTypeOf(session.error).toEqualTypeOf<Shown<RejoinError | undefined>>()
expectTypeOf(session.session).toEqualTypeOf<Shown<Session>>()
expectTypeOf(session.stop).toEqualTypeOf<Session['stop']>()
expectTypeOf(session.regenerate).toEqualTypeOf<Session['regenerate']>()
// @ts-expect-error: only the code that made the session closes it.
void session.close

const older = useOlder()
expectTypeOf(older.hasOlder).toEqualTypeOf<Shown<boolean>>()
expectTypeOf(older.error).toEqualTypeOf<Shown<RejoinError | undefined>>()
// It fits an element's `ref`.
h('div', { ref: older.sentinel })

// What `createSession` returns can be given in each of the ways, and so can what `useCreateSession` returns.
declare const create: typeof createSession
declare const options: Parameters<typeof createSession>[0]
declare const app: App
const made = useCreateSession('a', () => create(options))
expectTypeOf(made).toEqualTypeOf<Shown<Session | undefined>>()
for (const rows of [[], () => []])
  expectTypeOf(useCreateSession('a', () => create(options), rows)).toEqualTypeOf<Shown<Session>>()
useCreateSession(ref('a'), (key) => create({ ...options, channelName: key, channel: undefined } as never))
app.use(RejoinPlugin, { session: create(options) })
app.use(RejoinPlugin, { session: shallowRef(create(options)) })
provide(sessionKey, () => create(options))
h(SessionProvider, { session: made.value! })
// @ts-expect-error: not yet there.
h(SessionProvider, { session: made.value })
// @ts-expect-error: the plugin needs one.
app.use(RejoinPlugin)

// Without a registration any tool and any data may come.
const part = useResponse('a').value!.parts[0]!
if (part.type === 'text') expectTypeOf(part.text).toBeString()
expectTypeOf<ToolPart['type']>().toEqualTypeOf<`tool-${string}`>()
expectTypeOf<DataPart['data']>().toBeUnknown()
expectTypeOf<Extract<typeof part, { type: 'text' }>>().toEqualTypeOf<TextPart>()
