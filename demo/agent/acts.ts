import type { Prompt, ResponseWriter } from '@rejoin/agent'
import { tokensOf } from './scripted.ts'

/** Answers that a recording cannot give, because they ask somebody something while they are being written. */
export interface Act {
  prompt: string
  play(response: ResponseWriter, prompt: Prompt, say: (text: string) => Promise<void>): Promise<void>
}

export const acts: readonly Act[] = [
  {
    prompt: 'Book a table for two tonight',
    async play(response, _prompt, say) {
      await say('I found a table for two at **Lumen** at 19:30. Before I book it, please have a look:\n\n')
      const booking = { restaurant: 'Lumen', people: 2, time: '19:30' }
      const toolCallId = `book-${response.responseId}`
      const { approved } = await response.approval(
        { name: 'book_table', arguments: booking, toolCallId },
        // Ably put the role on the decision, from the token that our server signed: nobody can claim it.
        { allow: ({ userClaim }) => roleIn(userClaim) === 'owner' },
      )
      if (!approved) return say('All right, I have not booked anything.')
      await pause(600, response.signal)
      response.toolOutput(toolCallId, { confirmation: 'LUM-2041' })
      await say('It is booked: **Lumen**, 19:30, two people. The confirmation is `LUM-2041`.')
    },
  },
  {
    prompt: 'What is the weather where I am?',
    async play(response, _prompt, say) {
      await say('For that I need to know roughly where you are.\n\n')
      const { output, errorText } = await response.clientTool(
        { name: 'get_location', args: {} },
        { timeout: 120_000 },
      )
      if (errorText !== undefined) {
        await say(`I could not find out where you are: ${errorText}. Tell me a city, and I will look there.`)
        return
      }
      const { latitude, longitude } = output as { latitude: number; longitude: number }
      const tool = response.tool({ name: 'get_weather', args: { latitude, longitude } })
      for (const [status, percentComplete] of [
        ['Finding a station', 25],
        ['Reading it', 60],
        ['Checking', 90],
      ] as const) {
        tool.progress({ status, percentComplete })
        await pause(450, response.signal)
      }
      tool.result({ sky: 'clear', celsius: 14 })
      await say(
        `At ${latitude}, ${longitude} the sky is clear and it is **14 °C**. This is a demonstration: no station was asked.`,
      )
    },
  },
]

export const actFor = (prompt: string) => acts.find((act) => act.prompt === prompt.trim())

/** Says a text at a model's pace. */
export async function sayAt(
  response: ResponseWriter,
  text: string,
  charactersPerSecond: number,
): Promise<void> {
  for (const token of tokensOf(text)) {
    if (response.signal.aborted) return
    response.append(token)
    await pause((token.length / charactersPerSecond) * 1000, response.signal)
  }
}

function roleIn(userClaim: string | undefined): unknown {
  try {
    return (JSON.parse(userClaim ?? '') as { role?: unknown }).role
  } catch {
    return undefined
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
