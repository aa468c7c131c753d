import type {
  Message,
  Turn,
  DataPart,
  Member,
  MessageRef,
  OutgoingPrompt,
  PromptState,
  RejoinError,
  ResponseState,
  Session,
  SessionState,
  SessionStatus,
  TextPart,
  ToolPart,
} from '@rejoin/core'
import type { createSession } from '@rejoin/core'
import type { ReactElement } from 'react'
import { createElement } from 'react'
import { expectTypeOf } from 'vitest'
import {
  SessionProvider,
  useAgents,
  useCreateSession,
  useMessage,
  useMessages,
  useOlder,
  usePrompt,
  useReady,
  useResponse,
  useSend,
  useSession,
  useTurns,
} from '../../src/index.ts'

// A response, or what a selector takes from one; `undefined` until there is one.
expectTypeOf(useResponse()).toEqualTypeOf<ResponseState | undefined>()
expectTypeOf(useResponse('a')).toEqualTypeOf<ResponseState | undefined>()
expectTypeOf(useResponse(undefined, (r) => r.status)).toEqualTypeOf<ResponseState['status'] | undefined>()
expectTypeOf(useResponse('a', (r) => r.parts.length)).toEqualTypeOf<number | undefined>()
// @ts-expect-error: an id is a string.
useResponse(1)
// @ts-expect-error: a response has no such field.
useResponse('a', (r) => r.nothing)

expectTypeOf(useMessages()).toEqualTypeOf<readonly MessageRef[]>()
expectTypeOf(useAgents()).toEqualTypeOf<readonly Member[]>()
expectTypeOf(usePrompt('p')).toEqualTypeOf<PromptState | undefined>()
// @ts-expect-error: which prompt?
usePrompt()
expectTypeOf(useSend()).toEqualTypeOf<(prompt: OutgoingPrompt) => Promise<string>>()
const message = useMessage('m')!
expectTypeOf(useMessage('m')).toEqualTypeOf<Message | undefined>()
expectTypeOf(message.text).toBeString()
if (message.role === 'user') expectTypeOf(message.delivery).toEqualTypeOf<PromptState['delivery']>()
else expectTypeOf(message.gaps).toEqualTypeOf<ResponseState['gaps']>()
expectTypeOf(useTurns().turns).toEqualTypeOf<readonly Turn[]>()
expectTypeOf(useTurns().choose).toEqualTypeOf<(version: string) => void>()
expectTypeOf(useReady()).toBeVoid()

const session = useSession()
expectTypeOf(session).toExtend<SessionState>()
expectTypeOf(session.status).toEqualTypeOf<SessionStatus>()
expectTypeOf(session.session).toEqualTypeOf<Session>()
expectTypeOf(session.stop).toEqualTypeOf<Session['stop']>()
expectTypeOf(session.regenerate).toEqualTypeOf<Session['regenerate']>()
// @ts-expect-error: only the code that made the session closes it.
void session.close

const older = useOlder()
expectTypeOf(older.hasOlder).toBeBoolean()
expectTypeOf(older.error).toEqualTypeOf<RejoinError | undefined>()
expectTypeOf(older.sentinel).toBeCallableWith(null)
// It fits an element's `ref`.
createElement('div', { ref: older.sentinel })

// What `createSession` returns fits the provider, and so does what `useCreateSession` returns, once it is there.
declare const create: typeof createSession
declare const options: Parameters<typeof createSession>[0]
const made = useCreateSession('a', () => create(options))
expectTypeOf(made).toEqualTypeOf<Session | undefined>()
expectTypeOf(createElement(SessionProvider, { session: made! })).toExtend<ReactElement>()
// @ts-expect-error: not yet there.
createElement(SessionProvider, { session: made })
// More than a session, as long as it can be closed.
expectTypeOf(useCreateSession('a', () => ({ session: create(options), close() {} }))).toEqualTypeOf<
  { session: Session; close(): void } | undefined
>()

// Without a registration any tool and any data may come.
const part = useResponse('a')!.parts[0]!
if (part.type === 'text') expectTypeOf(part.text).toBeString()
expectTypeOf<ToolPart['type']>().toEqualTypeOf<`tool-${string}`>()
expectTypeOf<DataPart['data']>().toBeUnknown()
expectTypeOf<Extract<typeof part, { type: 'text' }>>().toEqualTypeOf<TextPart>()
