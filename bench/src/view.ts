/**
 * What a view does with a response, once a frame:
 * `ignore`: the text is never read; `whole`: reads the whole text; `append`: takes what was appended.
 */
export type View = 'ignore' | 'whole' | 'append'

/** Where views put what they read, so that no engine may leave the reading out. */
export const screen = { length: 0, last: 0 }

export function readWhole(text: string): void {
  screen.length = text.length
  screen.last = text.charCodeAt(text.length - 1)
}

/** Not a closure made for each response, so the engine compiles it only once, for the reader and for the floor. */
export function appendChanges(changes: readonly object[]): void {
  for (const change of changes) if ('appended' in change) screen.length += (change.appended as string).length
}
