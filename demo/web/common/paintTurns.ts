/** The answers that wait to paint, in the order of asking. */
const waiting = new Set<() => void>()
/** A paint is scheduled, or its frame has not ended. */
let isBusy = false

/**
 * Answers that are written at the same time take turns, one a frame: painting one costs a phone a third of painting
 * three. And nothing on the page shifts: two answers that grow in one frame move the rows between them. Each paints in a
 * task of its own, before the frame, so that a click waits for one paint at most.
 */
export function paintInTurn(paint: () => void): void {
  if (document.visibilityState === 'hidden') return now(paint)
  waiting.add(paint)
  if (isBusy) return
  isBusy = true
  setTimeout(next)
}

export function leaveTurns(paint: () => void): void {
  waiting.delete(paint)
}

function next(): void {
  const [paint] = waiting
  isBusy = paint !== undefined
  if (!paint) return
  requestAnimationFrame(() => setTimeout(next))
  now(paint)
}

function now(paint: () => void): void {
  waiting.delete(paint)
  paint()
}

/** A hidden page has no frames. */
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') for (const paint of waiting) now(paint)
})
