import type { Activity } from './activity.ts'
import type { Config, Conversation, User } from './api.ts'
import type { Connection } from './connect.ts'
import type { Title } from './title.ts'

/** What the page around a conversation gives to the front end that shows it. */
export interface Stage {
  connection: Connection
  conversation: Conversation
  /** The conversation's title, until it is renamed. */
  title: Title
  config: Config
  user: User
  activity: Activity
  /** Opens what a narrow page keeps folded away. */
  openDrawer(drawer: 'list' | 'panel'): void
}

/** A front end: shows a conversation in an element, until the returned function is called. */
export type Mount = (element: HTMLElement, stage: Stage) => () => void
