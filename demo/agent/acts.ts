import type { Conversation, Prompt, ResponseWriter } from '@rejoin/agent'
import type { Asking } from './asking.ts'
import { describeFile } from './fileFacts.ts'
import type { Files } from './files.ts'
import { pngOf } from './png.ts'
import { plain } from './recordings.ts'
import { tokensOf } from './scripted.ts'

/** An answer that no recording can give: it asks the user something, or depends on what the user gave or said. */
export interface Act {
  /** What it answers; without it, any prompt with files. */
  prompt?: string
  play(stage: Stage): Promise<void>
}

/** What an act works with. If the agent dies in the middle of an act, the act plays again from its beginning. */
export interface Stage {
  response: ResponseWriter
  prompt: Pick<Prompt, 'text' | 'parts'>
  conversation: Conversation
  files: Files
  /** Writes a text at the model's pace, except for what a former process has written. */
  say(text: string): Promise<void>
  /** Hands on a text in tokens, at the model's pace. */
  write(text: string, take: (token: string) => void): Promise<void>
  pause(milliseconds: number): Promise<void>
}

interface Recipe {
  title: string
  serves: number
  ingredients: { amount: string; name: string }[]
  steps: string[]
}

const soup: Recipe = {
  title: 'Tomato soup',
  serves: 2,
  ingredients: [
    { amount: '500 g', name: 'ripe tomatoes' },
    { amount: '1', name: 'onion' },
    { amount: '2 tablespoons', name: 'olive oil' },
    { amount: '300 ml', name: 'vegetable stock' },
    { amount: 'a handful of', name: 'basil' },
  ],
  steps: [
    'Chop the onion, and let it soften in the oil for five minutes.',
    'Cut the tomatoes in quarters, add them with the stock, and simmer for a quarter of an hour.',
    'Blend until smooth, season with salt and pepper, and scatter the basil on top.',
  ],
}

const wave = () =>
  pngOf(240, 96, (x, y) => {
    const distance = Math.abs(y - 48 - 32 * Math.sin((x / 240) * 4 * Math.PI))
    return distance < 3 ? [15, 107, 98] : [224, 240, 236]
  })

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
  {
    prompt: 'Write down a recipe for tomato soup',
    async play({ response, write, say }) {
      const recipe = response.object<Recipe>('recipe', { id: 'recipe' })
      await write(JSON.stringify(soup), (token) => recipe.append(token))
      if (response.signal.aborted) return
      await recipe.end()
      await say('It is an object, not a text: the page shows each field as soon as the model has written it.')
    },
  },
  {
    prompt: 'Draw a wave',
    async play({ response, say }) {
      await say('Here it is, as a file:\n\n')
      if (response.signal.aborted) return
      await response.file({ data: wave(), mediaType: 'image/png', filename: 'wave.png' })
    },
  },
  {
    prompt: 'What have I asked so far?',
    async play({ conversation, say }) {
      const asked = conversation.messages.filter(({ role }) => role === 'user').slice(0, -1)
      if (asked.length === 0) return say('Nothing yet: this is the first thing that you have asked me here.')
      const list = asked.map(({ text }, at) => `${at + 1}. ${text || '(files without a text)'}`)
      await say(`You have asked me this, in this order:\n\n${list.join('\n')}`)
    },
  },
  {
    async play({ prompt, files, say }) {
      await say('No model is connected, so I cannot look. What the files themselves tell:\n\n')
      for (const part of prompt.parts) {
        if (part.type !== 'file') continue
        const file = await files.get(part)
        await say(`- **${part.filename ?? 'A file'}**: ${file ? describeFile(file) : 'it is gone'}.\n`)
      }
    },
  },
]

/** An act of that text, or, for a prompt with files, the one that reads them. */
export const actFor = ({ text, parts }: Pick<Prompt, 'text' | 'parts'>): Act | undefined =>
  acts.find(({ prompt }) =>
    prompt === undefined ? parts.some(({ type }) => type === 'file') : plain(prompt) === plain(text),
  )

type Playing = Pick<Asking, 'response' | 'pace' | 'files'> & Pick<Stage, 'prompt' | 'conversation'>

/** `known`: how much of its text an earlier process has said, in UTF-16 code units. */
export async function play(act: Act, playing: Playing, known: number): Promise<void> {
  const { response, pace, conversation, files, prompt } = playing
  const { signal } = response
  let left = known
  const write = async (text: string, take: (token: string) => void) => {
    for (const token of tokensOf(text)) {
      await pace.wait({ kind: 'text', amount: token.length }, signal)
      if (signal.aborted) return
      take(token)
    }
  }
  await act.play({
    response,
    prompt,
    conversation,
    files,
    say(text) {
      const rest = text.slice(left)
      left -= text.length - rest.length
      return write(rest, (token) => response.append(token))
    },
    write,
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
