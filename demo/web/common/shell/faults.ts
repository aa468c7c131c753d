/** Something in the panel that breaks the stream. */
export interface Fault {
  id: string
  title: string
  text: string
  /** What the server is asked for; absent for what happens in the page. */
  ask?: Record<string, unknown>
  /** How long it lasts. */
  milliseconds?: number
  /** Stays until it is pressed again, which asks for this. */
  undo?: Record<string, unknown>
  /** A number to choose: from, to, unit, and which field of `ask` it sets. */
  choose?: {
    min: number
    max: number
    value: number
    unit: string
    field: string
    factor: number
    /** The title with the chosen number in it. */
    title?: (value: number) => string
  }
}

export function faultsFor(connectionStateTtl: number): Fault[] {
  const long = connectionStateTtl + 4000
  return [
    {
      id: 'lose',
      title: 'Drop the next message',
      text: 'Ably refuses the next message of the agent, which hears of it 2.5 seconds later.',
      ask: { kind: 'lose' },
    },
    {
      id: 'every',
      title: 'Drop every 5th message',
      text: 'Until you press again.',
      ask: { kind: 'every' },
      undo: { kind: 'heal' },
      choose: {
        min: 2,
        max: 20,
        value: 5,
        unit: '',
        field: 'n',
        factor: 1,
        title: (value) => `Drop every ${ordinal(value)} message`,
      },
    },
    {
      id: 'drop',
      title: 'Drop my connection for 5 seconds',
      text: 'Short enough for Ably to resume the connection.',
      ask: { kind: 'drop', milliseconds: 5000 },
      milliseconds: 5000,
    },
    {
      id: 'drop-long',
      title: `Drop my connection for ${long / 1000} seconds`,
      text: `Longer than the server keeps the connection: ${connectionStateTtl / 1000} s here, two minutes on the Ably service.`,
      ask: { kind: 'drop', milliseconds: long },
      milliseconds: long,
    },
    {
      id: 'drop-chosen',
      title: 'Drop my connection for as long as I like',
      text: 'The answer goes on without you.',
      ask: { kind: 'drop' },
      choose: { min: 1, max: 60, value: 20, unit: ' s', field: 'milliseconds', factor: 1000 },
    },
    {
      id: 'slow',
      title: 'Slow my network',
      text: 'Every packet is 400 ms late, until you press again.',
      ask: { kind: 'slow', milliseconds: 400 },
      undo: { kind: 'slow', milliseconds: 0 },
    },
    {
      id: 'kill',
      title: 'Kill the agent',
      text: 'Its process ends at once. It starts again after five seconds.',
      ask: { kind: 'kill' },
    },
    {
      id: 'restart',
      title: 'Restart the server',
      text: 'Ably is away for two seconds, and keeps its messages.',
      ask: { kind: 'restart', memory: true },
    },
    {
      id: 'restart-empty',
      title: 'Restart the server without its memory',
      text: 'Channels are empty afterwards. Only the database has the past.',
      ask: { kind: 'restart', memory: false },
    },
    {
      id: 'expire',
      title: 'Expire my token',
      text: 'The server ends it. The page gets a new one.',
      ask: { kind: 'expire' },
    },
    {
      id: 'late',
      title: 'Join late',
      text: 'Forget everything in this page and read it again.',
    },
    {
      id: 'device',
      title: 'Open a second device',
      text: 'A phone with its own connection, below.',
    },
  ]
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' })
const endings: Record<string, string> = { one: 'st', two: 'nd', few: 'rd' }
const ordinal = (value: number) => `${value}${endings[ordinals.select(value)] ?? 'th'}`
