/** Prompts to begin with. The first ones have recorded answers; see agent/recordings.ts. */
export const ideas = [
  'What is new in tech today?',
  'Write a Fibonacci script and run it',
  'How does this page survive a refresh?',
  'Divide 925 by 5, thinking first',
]
