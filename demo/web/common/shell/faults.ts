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
  choose?: { min: number; max: number; value: number; unit: string; field: string; factor: number }
}

export function faultsFor(connectionStateTtl: number): Fault[] {
  const long = connectionStateTtl + 4000
  return [
    {
      id: 'lose',
      title: 'Lose a publish',
      text: 'The next piece the agent publishes is refused, and the agent hears of it late.',
      ask: { kind: 'lose' },
    },
    {
      id: 'every',
      title: 'Lose every n-th publish',
      text: 'Until pressed again.',
      ask: { kind: 'every' },
      undo: { kind: 'heal' },
      choose: { min: 2, max: 20, value: 5, unit: '', field: 'n', factor: 1 },
    },
    {
      id: 'drop',
      title: 'Drop my connection for 5 seconds',
      text: 'Short enough for the connection to be resumed.',
      ask: { kind: 'drop', milliseconds: 5000 },
      milliseconds: 5000,
    },
    {
      id: 'drop-long',
      title: `Drop my connection for ${long / 1000} seconds`,
      text: `Longer than the server keeps its state: ${connectionStateTtl / 1000} s here, two minutes on the service.`,
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
      text: 'Every packet comes 400 ms late, until pressed again.',
      ask: { kind: 'slow', milliseconds: 400 },
      undo: { kind: 'slow', milliseconds: 0 },
    },
    {
      id: 'kill',
      title: 'Kill the agent',
      text: 'Its process ends without a word, and is started again after three seconds.',
      ask: { kind: 'kill' },
    },
    {
      id: 'restart',
      title: 'Restart the server',
      text: 'Two seconds down; it remembers everything.',
      ask: { kind: 'restart', memory: true },
    },
    {
      id: 'restart-empty',
      title: 'Restart the server, without its memory',
      text: 'Channels are empty afterwards: only the database knows.',
      ask: { kind: 'restart', memory: false },
    },
    {
      id: 'expire',
      title: 'Expire my token',
      text: 'The server ends it; the page gets a new one.',
      ask: { kind: 'expire' },
    },
    {
      id: 'late',
      title: 'Join late',
      text: 'Forget everything in this page and come as somebody new.',
    },
    {
      id: 'device',
      title: 'Open a second device',
      text: 'A small phone below, with a connection of its own.',
    },
  ]
}
