import { call } from './api.ts'

export interface FaultChoice {
  id: string
  title: string
  text: string
  /** How long it lasts, where it lasts. */
  milliseconds?: number
}

/** What can be broken, in the order of the panel. */
export function faultChoices(connectionStateTtl: number): FaultChoice[] {
  const long = connectionStateTtl + 4000
  return [
    {
      id: 'lose',
      title: 'Lose a publish',
      text: 'The next piece the agent publishes is refused, and the agent hears of it late.',
    },
    {
      id: 'drop',
      title: 'Drop my connection for 5 seconds',
      text: 'Short enough for the connection to be resumed.',
      milliseconds: 5000,
    },
    {
      id: 'drop-long',
      title: `Drop my connection for ${long / 1000} seconds`,
      text: `Longer than the server keeps its state (${connectionStateTtl / 1000} s here, two minutes on the service).`,
      milliseconds: long,
    },
  ]
}

export async function breakIt(conversation: string, tab: string, choice: FaultChoice): Promise<void> {
  await call('POST', `/conversations/${conversation}/faults`, {
    kind: choice.id === 'drop-long' ? 'drop' : choice.id,
    tab,
    milliseconds: choice.milliseconds,
  })
}
