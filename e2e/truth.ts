import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scripts } from '../demo/agent/scripted.ts'

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared', 'recordings')

export const haveRecordings = existsSync(folder)

/** Characters a second; the scripted answers are shorter, and must last as long. */
export const speed = (charactersPerSecond: number) =>
  String(Math.round(haveRecordings ? charactersPerSecond : charactersPerSecond / 2))

interface RecordedEvent {
  type: string
  delta?: { type: string; text?: string; thinking?: string }
  response?: { output: { type: string; content?: { type: string; text: string }[] }[] }
}

export interface Truth {
  prompt: string
  text: string
  reasoning: string
}

/**
 * What the model really said, read from the recording without any code of ours between: the last event of an
 * OpenAI stream holds the whole output; Anthropic's text is its deltas, joined.
 */
export function recordedTruth(file: string, prompt: string): Truth {
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

/** The stand-ins for clones without the recordings: there the script is the truth. */
export function scriptedTruth(index: number): Truth {
  const { prompt, text, reasoning } = scripts[index]!
  return { prompt, text, reasoning: reasoning ?? '' }
}

/** A long answer of each provider, where recorded; else the scripted ones. */
export const answers = {
  openai: haveRecordings
    ? recordedTruth('openai-responses/web-search-tool.1.jsonl', 'What is new in tech today?')
    : scriptedTruth(0),
  anthropic: haveRecordings
    ? recordedTruth('anthropic/web-search-tool.1.jsonl', 'Summarise the tech news')
    : scriptedTruth(1),
  thinking: haveRecordings
    ? recordedTruth('anthropic/clear-thinking.1.jsonl', 'Divide 925 by 5, thinking first')
    : scriptedTruth(0),
  scripted: scriptedTruth(0),
}

export const hostile = scripts.find(({ prompt }) => prompt === 'Try to attack this page')!
