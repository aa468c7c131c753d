/** Who has to paint, in the order of asking. */
const waiting = new Set<() => void>()
let frame: number | undefined

/**
 * Answers that are written at the same time take turns: each frame paints one. It costs a phone a third of painting
 * three, and nothing on the page shifts: two answers that grow in one frame move what is between them.
 */
export function paintInTurn(paint: () => void): void {
  if (document.visibilityState === 'hidden') return now(paint)
  if (frame !== undefined) return void waiting.add(paint)
  frame = requestAnimationFrame(next)
  now(paint)
}

export function leaveTurns(paint: () => void): void {
  waiting.delete(paint)
}

function next(): void {
  const [paint] = waiting
  frame = paint && requestAnimationFrame(next)
  if (paint) now(paint)
}

function now(paint: () => void): void {
  waiting.delete(paint)
  paint()
}

/** A hidden page has no frames. */
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') for (const paint of waiting) now(paint)
})
