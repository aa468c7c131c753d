import type { Member, SessionState } from '@rejoin/core'
import type { Timeline } from '../record/timeline.ts'
import { count, short } from '../record/sizeOf.ts'
import type { Inspectable } from './inspectable.ts'

/** Maximum number of agents to name; beyond it, only their number is given. */
const MAX_NAMED = 20

type Known = Pick<SessionState, 'status' | 'agents' | 'users' | 'hydration'>

const words: { readonly [S in SessionState['status']]: string } = {
  connecting: 'Connecting, and reading the past',
  live: 'Live',
  disconnected: 'Connection lost; Ably is reconnecting',
  suspended: 'Lost for longer than Ably can resume: the past will be read again',
  failed: 'The channel or the connection refuses',
  closed: 'The session is closed',
}

/** Records how the connection does, who is there, and readings of the past. */
export function watchState(session: Inspectable, timeline: Timeline): () => void {
  let known: Known = { status: 'closed', agents: [], users: [], hydration: 'whole' }
  const look = () => {
    const now = session.getSnapshot()
    if (now.status !== known.status) tellStatus(timeline, now)
    if (now.agents !== known.agents) tellAgents(timeline, known.agents, now.agents)
    if (now.users.length !== known.users.length) {
      const text = `${count(now.users.length, 'user')}, ${known.users.length} before`
      timeline.tell({ kind: 'presence', what: 'users', text, raw: now.users.slice(0, MAX_NAMED) })
    }
    if (now.hydration !== known.hydration) {
      const text = `Reading the past: ${now.hydration}`
      timeline.tell({ kind: 'past', what: 'hydration', text, raw: { hydration: now.hydration } })
    }
    const { status, agents, users, hydration } = now
    known = { status, agents, users, hydration }
  }
  look()
  return session.subscribe(look)
}

function tellStatus(timeline: Timeline, { status, error }: SessionState): void {
  const raw = { status, error: error?.message }
  const told = { kind: 'connection', what: status, text: words[status], raw } as const
  if (status === 'live') {
    if (!timeline.end('away', 'connection', undefined, told)) timeline.tell(told)
  } else if (status === 'closed') {
    timeline.spans.endAll(timeline.now())
    timeline.tell(told)
  } else {
    // One bad state may follow another.
    timeline.spans.end('away', 'connection', timeline.now())
    timeline.begin('away', 'connection', words[status], told)
  }
}

function tellAgents(timeline: Timeline, before: readonly Member[], now: readonly Member[]): void {
  const named = (list: readonly Member[]) => new Map(list.slice(0, MAX_NAMED).map((m) => [m.clientId, m]))
  const [were, are] = [named(before), named(now)]
  for (const [clientId, raw] of are)
    if (!were.has(clientId)) {
      const text = `${short(clientId, 40)} came`
      timeline.begin('agent', clientId, short(clientId, 40), { kind: 'presence', what: 'agent', text, raw })
    }
  for (const [clientId, raw] of were)
    if (!are.has(clientId)) {
      const text = `${short(clientId, 40)} left`
      timeline.end('agent', clientId, undefined, { kind: 'presence', what: 'agent', text, raw })
    }
}
