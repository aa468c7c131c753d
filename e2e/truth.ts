import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { recordings } from '../demo/agent/recordings.ts'
import { scripts } from '../demo/agent/scripts.ts'

const folder =
  process.env.DEMO_RECORDINGS ??
  join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared', 'recordings')

interface RecordedEvent {
  type: string
  delta?: { type: string; text?: string; thinking?: string }
  response?: { output: { type: string; content?: { type: string; text: string }[] }[] }
}

/** A prompt, and what the model really answers. */
export interface Truth {
  prompt: string
  text: string
  reasoning: string
}

function truthOf(prompt: string): Truth {
  const recording = recordings.find((one) => one.prompt === prompt)
  if (recording && existsSync(join(folder, recording.file))) return recordedTruth(recording.file, prompt)
  const { text, reasoning = '' } = scripts.find((script) => script.prompt === prompt)!
  return { prompt, text, reasoning }
}

/**
 * Read from the recording without any code of the product: the last event of an OpenAI stream holds the whole output;
 * Anthropic's text is its deltas, joined.
 */
function recordedTruth(file: string, prompt: string): Truth {
  const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n')
  const events = lines.map((line) => JSON.parse(line) as RecordedEvent)
  if (file.startsWith('anthropic')) {
    const deltas = events.filter(({ type }) => type === 'content_block_delta').map(({ delta }) => delta!)
    return {
      prompt,
      text: deltas.map((delta) => (delta.type === 'text_delta' ? delta.text! : '')).join(''),
      reasoning: deltas.map((delta) => (delta.type === 'thinking_delta' ? delta.thinking! : '')).join(''),
    }
  }
  const output = events.findLast(({ type }) => type === 'response.completed')!.response!.output
  const content = output.flatMap((item) => (item.type === 'message' ? item.content! : []))
  return { prompt, text: content.map((part) => part.text).join(''), reasoning: '' }
}

/** A long answer of each provider, one that thinks first, one written by hand with all of Markdown, and plain prose. */
export const answers = {
  openai: truthOf('What is new in tech today?'),
  anthropic: truthOf('Summarise the tech news'),
  thinking: truthOf('Divide 925 by 5, thinking first'),
  scripted: truthOf('How does this page survive a refresh?'),
  formulas: truthOf('How far does a lighthouse shine?'),
  story: truthOf('Tell me a long story about a lighthouse'),
}

export const hostile = truthOf('Try to attack this page')
