import { hasEnded, standing, type ClaimMessage } from '../src/prompts/claimRules.ts'

/**
 * Every interleaving of some replicas of an agent that claim one prompt on the channel: what each has read, what is on
 * its way between sites, who crashes when, and who is taken for dead.
 */
export interface World {
  /** Site of each replica. A site delivers in one order; two sites may differ. */
  readonly sites: readonly number[]
  /** `echo`: a replica starts when its own claim has come back; `ack`: as soon as it is published. */
  readonly startsOn: 'echo' | 'ack'
  /** All replicas but one may crash. */
  readonly crashes?: boolean
  /** Once, a replica that lives is taken for dead. */
  readonly falseLeave?: boolean
  /** Take-overs that follow each other, at most. */
  readonly maxAttempt?: number
}

/** What was found, in numbers of states. */
export interface Findings {
  states: number
  /** Two handlers run at the same time. */
  twoHandlers: number
  /** At rest: two replicas take their answers for the one that stands. */
  twoAnswersStand: number
  /** At rest: a replica lives, and no answer stands. */
  unanswered: number
  /** At rest: an answer was finished, and another one stands. */
  overruled: number
}

type Doing = 'idle' | 'claiming' | 'working' | 'done' | 'standby' | 'dead'

interface Published extends ClaimMessage<number> {
  readonly replica: number
}

interface State {
  messages: Published[]
  /** Of each site: indexes of messages in the order in which it delivers them. */
  logs: number[][]
  /** Of each replica: how many messages of its site it has read. */
  read: number[]
  doing: Doing[]
  /** Of each replica: the index of its claim. */
  claims: (number | undefined)[]
  crashes: number
  falseLeaves: number
}

export function explore(world: World): Findings {
  const findings: Findings = { states: 0, twoHandlers: 0, twoAnswersStand: 0, unanswered: 0, overruled: 0 }
  const seen = new Set<string>()
  const open = [start(world)]
  for (let state; (state = open.pop());) {
    const key = JSON.stringify(state)
    if (seen.has(key)) continue
    seen.add(key)
    const next = successors(world, state)
    judge(state, next, findings)
    open.push(...next)
  }
  findings.states = seen.size
  return findings
}

function start({ sites }: World): State {
  return {
    messages: [],
    logs: Array.from({ length: Math.max(...sites) + 1 }, () => []),
    read: sites.map(() => 0),
    doing: sites.map(() => 'idle'),
    claims: sites.map(() => undefined),
    crashes: 0,
    falseLeaves: 0,
  }
}

function judge(state: State, next: State[], findings: Findings): void {
  const { doing, messages } = state
  if (doing.filter((one) => one === 'working').length > 1) findings.twoHandlers++
  // At rest: nothing happens any more but crashes and mistakes.
  if (next.some(({ crashes, falseLeaves }) => crashes === state.crashes && falseLeaves === state.falseLeaves))
    return
  const winner = standing(messages)
  const believes = doing.some(
    (one, replica) => (one === 'working' || one === 'done') && winner?.replica !== replica,
  )
  if (believes) findings.twoAnswersStand++
  if (messages.some(({ kind, id }) => kind === 'end' && id !== winner?.id)) findings.overruled++
  const answered = winner !== undefined && hasEnded(messages, winner.id)
  if (!answered && doing.some((one) => one !== 'dead')) findings.unanswered++
}

function successors(world: World, state: State): State[] {
  const { sites, crashes = false } = world
  return [
    ...sites.flatMap((_, replica) => (state.doing[replica] === 'dead' ? [] : acts(world, state, replica))),
    ...sites.flatMap((_, replica) => {
      if (!crashes || state.doing[replica] === 'dead' || state.crashes === sites.length - 1) return []
      return [changed(state, (next) => ((next.doing[replica] = 'dead'), next.crashes++))]
    }),
    ...arrivals(state),
  ]
}

/** What one replica can do next. */
function acts(world: World, state: State, replica: number): State[] {
  const { sites, startsOn, maxAttempt = 2, falseLeave = false } = world
  const log = state.logs[sites[replica]!]!
  const known = log.slice(0, state.read[replica]).map((index) => state.messages[index]!)
  const winner = standing(known)
  const claim = (attempt: number, also?: (next: State) => void) =>
    published(
      world,
      state,
      replica,
      { kind: 'claim', id: `${replica}/${attempt}`, attempt },
      (next, index) => {
        next.doing[replica] = startsOn === 'ack' ? 'working' : 'claiming'
        next.claims[replica] = index
        also?.(next)
      },
    )
  const next: State[] = []
  if (state.read[replica]! < log.length) next.push(reads(world, state, replica))
  switch (state.doing[replica]) {
    case 'idle':
      if (winner) next.push(changed(state, (one) => (one.doing[replica] = 'standby')))
      else next.push(...claim(0))
      break
    case 'working': {
      const { id, attempt } = state.messages[state.claims[replica]!]!
      const end = { kind: 'end', id, attempt } as const
      next.push(...published(world, state, replica, end, (one) => (one.doing[replica] = 'done')))
      break
    }
    case 'standby': {
      if (!winner || winner.replica === replica || hasEnded(known, winner.id)) break
      if (winner.attempt >= maxAttempt) break
      const dead = state.doing[winner.replica] === 'dead'
      if (dead) next.push(...claim(winner.attempt + 1))
      else if (falseLeave && state.falseLeaves === 0)
        next.push(...claim(winner.attempt + 1, (one) => one.falseLeaves++))
    }
  }
  return next
}

/** The next message of its site: its own claim may have come back, or be outbid. */
function reads({ sites }: World, state: State, replica: number): State {
  return changed(state, (next) => {
    next.read[replica]!++
    const known = next.logs[sites[replica]!]!.slice(0, next.read[replica]).map(
      (index) => next.messages[index]!,
    )
    const own = next.claims[replica] === undefined ? undefined : next.messages[next.claims[replica]]
    const winner = standing(known)
    const doing = next.doing[replica]
    const wins = winner?.id === own?.id
    if (doing === 'claiming' && known.includes(own!)) next.doing[replica] = wins ? 'working' : 'standby'
    // It stops, and withdraws what it has written.
    else if ((doing === 'working' || doing === 'done') && winner && !wins) next.doing[replica] = 'standby'
  })
}

/** A message of one replica, with every serial that it can get: after all that its publisher knew or published. */
function published(
  { sites }: World,
  state: State,
  replica: number,
  message: Omit<Published, 'serial' | 'replica'>,
  also: (next: State, index: number) => void,
): State[] {
  const site = sites[replica]!
  const known = state.logs[site]!.slice(0, state.read[replica]).map((index) => state.messages[index]!.serial)
  const here = state.messages.filter((one) => sites[one.replica] === site).map(({ serial }) => serial)
  const after = Math.max(-1, ...known, ...here)
  const later = state.messages.map(({ serial }) => serial).filter((serial) => serial > after)
  const places = [after, ...later].map((serial) => serial + 0.5)
  const possible = state.logs.length === 1 ? places.slice(-1) : places
  return possible.map((serial) =>
    changed(state, (next) => {
      const index = next.messages.push({ ...message, replica, serial }) - 1
      const order = next.messages.map((one) => one.serial).sort((a, b) => a - b)
      next.messages = next.messages.map((one) => ({ ...one, serial: order.indexOf(one.serial) }))
      next.logs[site]!.push(index)
      also(next, index)
    }),
  )
}

/** A message reaches another site: those of one publisher in their order. */
function arrivals(state: State): State[] {
  return state.messages.flatMap(({ replica }, index) =>
    state.logs.flatMap((log, site) => {
      const waits = state.messages.some(
        (one, before) => before < index && one.replica === replica && !log.includes(before),
      )
      return log.includes(index) || waits ? [] : [changed(state, (next) => next.logs[site]!.push(index))]
    }),
  )
}

function changed(state: State, change: (next: State) => void): State {
  // By hand: it is done a million times. Messages themselves never change.
  const next: State = {
    ...state,
    messages: [...state.messages],
    logs: state.logs.map((log) => [...log]),
    read: [...state.read],
    doing: [...state.doing],
    claims: [...state.claims],
  }
  change(next)
  return next
}
