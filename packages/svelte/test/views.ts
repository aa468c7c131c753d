import type { Component } from 'svelte'
import type { ViewName } from '../../core/test/bindings/host.ts'
import Agents from './views/Agents.svelte'
import Answer from './views/Answer.svelte'
import Composer from './views/Composer.svelte'
import Conversation from './views/Conversation.svelte'
import Created from './views/Created.svelte'
import End from './views/End.svelte'
import FromRows from './views/FromRows.svelte'
import Gaps from './views/Gaps.svelte'
import Newest from './views/Newest.svelte'
import Older from './views/Older.svelte'
import OlderAtEnd from './views/OlderAtEnd.svelte'
import OlderList from './views/OlderList.svelte'
import Parts from './views/Parts.svelte'
import Queue from './views/Queue.svelte'
import Rows from './views/Rows.svelte'
import Selected from './views/Selected.svelte'
import Status from './views/Status.svelte'
import Stop from './views/Stop.svelte'
import Suspended from './views/Suspended.svelte'
import Turns from './views/Turns.svelte'
import Waiting from './views/Waiting.svelte'

/** One component for each scenario; `packages/react/test/views.tsx` has the same. */
export const views: Record<ViewName, Component<Record<string, unknown>>> = {
  Conversation,
  Answer,
  Newest,
  Selected,
  Composer,
  Agents,
  Status,
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
