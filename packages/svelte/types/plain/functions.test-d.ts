import type {
  Member,
  Message,
  MessageRef,
  PromptState,
  RejoinError,
  ResponseState,
  Session,
  SessionState,
  Turn,
} from '@rejoin/core'
import { expectTypeOf } from 'vitest'
import {
  provideSession,
  useActions,
  useAgents,
  useCreateSession,
  useIsReady,
  useMessage,
  useMessages,
  useOlder,
  usePrompt,
  useQueue,
  useResponse,
  useSession,
  useTurns,
} from '../../src/index.ts'

expectTypeOf(useResponse().current).toEqualTypeOf<ResponseState | undefined>()
expectTypeOf(useResponse(() => 'a').current).toEqualTypeOf<ResponseState | undefined>()
expectTypeOf(useResponse('a', (r) => r.parts.length).current).toEqualTypeOf<number | undefined>()
// @ts-expect-error: an id is a string.
useResponse(1)
expectTypeOf(useMessage('m').current).toEqualTypeOf<Message | undefined>()
expectTypeOf(useMessages().current).toEqualTypeOf<readonly MessageRef[]>()
expectTypeOf(usePrompt('p').current).toEqualTypeOf<PromptState | undefined>()
// @ts-expect-error: which prompt?
usePrompt()
expectTypeOf(useQueue().current).toEqualTypeOf<readonly PromptState[]>()
expectTypeOf(useAgents().current).toEqualTypeOf<readonly Member[]>()
expectTypeOf(useTurns().turns).toEqualTypeOf<readonly Turn[]>()
expectTypeOf(useIsReady().current).toBeBoolean()
expectTypeOf(useSession().current).toEqualTypeOf<SessionState>()
expectTypeOf(useSession().session).toEqualTypeOf<Session>()
expectTypeOf(useActions().stop).toEqualTypeOf<Session['stop']>()

declare const session: Session
provideSession(session)
provideSession(() => session)
expectTypeOf(useCreateSession('a', () => session).current).toEqualTypeOf<Session | undefined>()
for (const rows of [[], () => []])
  expectTypeOf(useCreateSession('a', () => session, rows).current).toEqualTypeOf<Session>()
expectTypeOf(useOlder().error).toEqualTypeOf<RejoinError | undefined>()
