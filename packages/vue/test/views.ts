import type { Component } from 'vue'
import type { ViewName } from '../../core/test/bindings/host.ts'
import { Conversation } from './views/conversation.ts'
import { FromRows, Created } from './views/created.ts'
import { Composer, Queue, Stop } from './views/prompts.ts'
import { Answer, Newest, Selected, Gaps, Parts } from './views/response.ts'
import { End, Older, OlderAtEnd, OlderList } from './views/scrolling.ts'
import { Agents, SessionStatus, Waiting, Suspended } from './views/session.ts'
import { Rows, Turns } from './views/turns.ts'

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
  OlderAtEnd,
  Suspended,
  Created,
  FromRows,
}
