import type { Answer, Question } from './colours.ts'
import { groupsOf } from './colourGroups.ts'
import { colour, load } from './languages.ts'

// Runs in a thread of its own: colours code while the page goes on.

addEventListener('message', ({ data: { id, language, code } }: MessageEvent<Question>) => {
  // Code that breaks its grammar stays as it is.
  const found = groups(language, code).catch(() => undefined)
  void found.then((all) => postMessage({ id, groups: all } satisfies Answer))
})

async function groups(language: string, code: string): Promise<Answer['groups']> {
  if (!(await load(language))) return undefined
  const tree = colour(language, code)
  return tree && groupsOf(tree).map((group) => JSON.stringify(group))
}
