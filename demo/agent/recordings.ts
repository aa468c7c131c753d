import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Recording {
  /** The prompt that it answers. */
  prompt: string
  /** Relative to the folder of recordings. */
  file: string
  api: 'openai' | 'anthropic'
}

/** Streams recorded from the providers' real APIs. */
export const recordings: readonly Recording[] = [
  {
    prompt: 'What is new in tech today?',
    file: 'openai-responses/web-search-tool.1.jsonl',
    api: 'openai',
  },
  {
    prompt: 'Write a Fibonacci script and run it',
    file: 'anthropic/code-execution-20250825.2.jsonl',
    api: 'anthropic',
  },
  {
    prompt: 'Summarise the tech news',
    file: 'anthropic/web-search-tool.1.jsonl',
    api: 'anthropic',
  },
  {
    prompt: 'Invent a holiday',
    file: 'openai-chat/text.jsonl',
    api: 'openai',
  },
  {
    prompt: 'Roll two dice ten thousand times',
    file: 'openai-responses/code-interpreter-tool.1.jsonl',
    api: 'openai',
  },
  {
    prompt: 'Who won the New York mayoral race?',
    file: 'openai-responses/mcp-tool.1.jsonl',
    api: 'openai',
  },
  {
    prompt: 'What is an embedding model?',
    file: 'openai-responses/file-search-tool.1.jsonl',
    api: 'openai',
  },
  {
    prompt: 'Divide 925 by 5, thinking first',
    file: 'anthropic/clear-thinking.1.jsonl',
    api: 'anthropic',
  },
]

export function findRecording(folder: string, prompt: string): Recording | undefined {
  const wanted = plain(prompt)
  const found = recordings.find((recording) => plain(recording.prompt) === wanted)
  return found && existsSync(join(folder, found.file)) ? found : undefined
}

/** A prompt without what two people would type differently. */
export const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

/** The file has one JSON event per line, in the order received. */
export function readRecording(folder: string, recording: Recording): unknown[] {
  const lines = readFileSync(join(folder, recording.file), 'utf8').split('\n')
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown)
}
