/** A trace event with its CPU time, as Chromium reports it (`tdur`, in microseconds). */
interface TraceEvent {
  name: string
  cat: string
  ph: string
  pid: number
  tid: number
  ts: number
  dur?: number
  tdur?: number
  args?: { name?: string }
}

/** A task of a page's main thread. */
export interface Task {
  /** CPU time in milliseconds. */
  cpu: number
  /** Milliseconds of the trace at which it began. */
  at: number
  /** Its parts, in milliseconds of CPU time, each without the parts inside it. */
  parts: Map<string, number>
}

/** The tasks of a page's main thread, from a trace of Chromium. */
export function tasksOf(trace: Buffer): Task[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const threads = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain',
  )
  const perThread = threads.map(({ pid, tid }) => on(traceEvents, pid, tid))
  // The page's own renderer; a spare one does nothing.
  const events = perThread.sort((one, other) => other.length - one.length)[0] ?? []
  const began = events[0]?.ts ?? 0
  const tasks: Task[] = []
  for (const [index, event] of events.entries()) {
    if (event.name !== 'RunTask') continue
    const parts = partsOf(events, index)
    tasks.push({ cpu: (event.tdur ?? 0) / 1000, at: (event.ts - began) / 1000, parts })
  }
  return tasks
}

const on = (events: readonly TraceEvent[], pid: number, tid: number): TraceEvent[] =>
  events
    .filter((event) => event.ph === 'X' && event.pid === pid && event.tid === tid)
    .sort((one, other) => one.ts - other.ts || (other.dur ?? 0) - (one.dur ?? 0))

/** The time of each kind of event inside the one at `index`, without the events inside those. */
function partsOf(events: readonly TraceEvent[], index: number): Map<string, number> {
  const parts = new Map<string, number>()
  const add = (name: string, time: number) => parts.set(name, (parts.get(name) ?? 0) + time / 1000)
  const task = events[index]!
  const open: TraceEvent[] = []
  const endOf = ({ ts, dur = 0 }: TraceEvent) => ts + dur
  for (let at = index; at < events.length && events[at]!.ts < endOf(task) + (at === index ? 1 : 0); at++) {
    const event = events[at]!
    while (open.length > 0 && endOf(open.at(-1)!) <= event.ts) open.pop()
    const outer = open.at(-1)
    if (outer) add(outer.name, -(event.tdur ?? 0))
    add(event.name, event.tdur ?? 0)
    open.push(event)
  }
  return parts
}
