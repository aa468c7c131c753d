import type { Config } from './api.ts'

/** Prompts to begin with. The first ones have recorded answers; see agent/recordings.ts. */
export const ideas = [
  'What is new in tech today?',
  'Write a Fibonacci script and run it',
  'How does this page survive a refresh?',
  'Divide 925 by 5, thinking first',
  'Book a table for two tonight',
  'What is the weather where I am?',
  'Write down a recipe for tomato soup',
  'Draw a wave',
]

/** What stands below the field where one writes. */
export function hintOf({ recorded, scripted, model }: Config): string {
  if (!recorded)
    return `Answers come from ${model}. They can be wrong; they cannot be incomplete without saying so.`
  const what = scripted ? 'written by hand, as a model would stream them' : 'recordings of real model streams'
  return `Answers here are ${what}, whatever you ask. Set OPENAI_API_KEY or ANTHROPIC_API_KEY for a real model.`
}
