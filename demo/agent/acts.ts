import type { ResponseWriter } from '@rejoin/agent'
import type { Pace } from './pace.ts'
import { tokensOf } from './scripted.ts'

/** An answer that no recording can give: half-way through, it asks the user something. */
export interface Act {
  prompt: string
  play(stage: Stage): Promise<void>
}

/** What an act does with its answer. An act plays from the beginning again when the agent died in the middle of it. */
export interface Stage {
  response: ResponseWriter
  /** Writes a text at the model's pace, except for what a former process has written. */
  say(text: string): Promise<void>
  pause(milliseconds: number): Promise<void>
}

export const acts: readonly Act[] = [
  {
    prompt: 'Book a table for two tonight',
    async play({ response, say, pause }) {
      await say('I found a table for two at **Lumen** at 19:30. Before I book it, please have a look:\n\n')
      const booking = { restaurant: 'Lumen', people: 2, time: '19:30' }
      const toolCallId = `book-${response.responseId}`
      const { approved } = await response.approval(
        { name: 'book_table', arguments: booking, toolCallId },
        // Ably copies the role from the token that our server signed into the decision: clients cannot forge it.
        { allow: ({ userClaim }) => roleIn(userClaim) === 'owner' },
      )
      if (!approved) return say('All right, I have not booked anything.')
      await pause(600)
      response.toolOutput(toolCallId, { confirmation: 'LUM-2041' })
      await say('It is booked: **Lumen**, 19:30, two people. The confirmation is `LUM-2041`.')
    },
  },
  {
    prompt: 'What is the weather where I am?',
    async play({ response, say, pause }) {
      await say('For that I need to know roughly where you are.\n\n')
      const { output, errorText } = await response.clientTool(
        { name: 'get_location', args: {}, toolCallId: `locate-${response.responseId}` },
        { timeout: 120_000 },
      )
      if (errorText !== undefined) {
        await say(
          `I could not find out where you are: ${errorText}. Tell me a city, and I will look there instead.`,
        )
        return
      }
      const { latitude, longitude } = output as { latitude: number; longitude: number }
      const toolCallId = `weather-${response.responseId}`
      const tool = response.tool({ name: 'get_weather', args: { latitude, longitude }, toolCallId })
      for (const [status, percentComplete] of [
        ['Finding a weather station', 25],
        ['Reading its data', 60],
        ['Checking the result', 90],
      ] as const) {
        tool.progress({ status, percentComplete })
        await pause(450)
      }
      tool.result({ sky: 'clear', celsius: 14 })
      await say(
        `At ${latitude}, ${longitude} the sky is clear and it is **14 °C**. This is a demonstration: the weather is made up.`,
      )
    },
  },
]

export const actFor = (prompt: string) => acts.find((act) => act.prompt === prompt.trim())

export async function play(act: Act, response: ResponseWriter, pace: Pace): Promise<void> {
  const { signal } = response
  let known = response.text.length
  await act.play({
    response,
    async say(text) {
      const rest = text.slice(known)
      known -= text.length - rest.length
      for (const token of tokensOf(rest)) {
        await pace.wait({ kind: 'text', amount: token.length }, signal)
        if (signal.aborted) return
        response.append(token)
      }
    },
    pause: (milliseconds) => pace.wait({ kind: 'pause', amount: milliseconds }, signal),
  })
}

function roleIn(userClaim: string | undefined): unknown {
  try {
    return (JSON.parse(userClaim ?? '') as { role?: unknown }).role
  } catch {
    return undefined
  }
}
