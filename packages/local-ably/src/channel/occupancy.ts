import { Mode } from '../wire/protocol.ts'

/** The occupancy metrics of a channel. */
export interface Occupancy {
  connections: number
  publishers: number
  subscribers: number
  presenceConnections: number
  presenceMembers: number
  presenceSubscribers: number
  objectPublishers: number
  objectSubscribers: number
}

/** Counts the attachments of a channel by their modes. */
export function occupancyOf(
  attachments: Iterable<{ modes: number; connectionId: string }>,
  presenceMembers: number,
): Occupancy {
  const all = [...attachments]
  const having = (bit: number) => all.filter(({ modes }) => modes & bit).length
  return {
    connections: new Set(all.map(({ connectionId }) => connectionId)).size,
    publishers: having(Mode.PUBLISH),
    subscribers: having(Mode.SUBSCRIBE),
    presenceConnections: having(Mode.PRESENCE),
    presenceMembers,
    presenceSubscribers: having(Mode.PRESENCE_SUBSCRIBE),
    objectPublishers: having(Mode.OBJECT_PUBLISH),
    objectSubscribers: having(Mode.OBJECT_SUBSCRIBE),
  }
}

/**
 * The metrics for the channel param `occupancy`: `metrics` selects all, `metrics.publishers` one. Undefined when the param
 * selects none.
 */
export function chosenMetrics(
  param: string | undefined,
  occupancy: Occupancy,
): Partial<Occupancy> | undefined {
  if (param === 'metrics') return occupancy
  const name = param?.startsWith('metrics.') ? param.slice('metrics.'.length) : undefined
  if (name === undefined || !Object.hasOwn(occupancy, name)) return undefined
  return { [name]: occupancy[name as keyof Occupancy] }
}
