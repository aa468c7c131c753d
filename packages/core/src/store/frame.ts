/** Runs `flush` once, soon. Returns a function that cancels it. */
export type Schedule = (flush: () => void) => () => void

/** Flushes of a visible page that wait for its frame. */
const waiting = new Set<() => void>()
let watched: Document | undefined

/**
 * Once per animation frame while the page is visible. A hidden page gets no frames and its timers are throttled, so a
 * message to ourselves is used there. Outside a browser: every 16 ms.
 */
export const perFrame: Schedule = (flush) => {
  if (typeof document === 'undefined' || typeof requestAnimationFrame === 'undefined') {
    const timer = setTimeout(flush, 16)
    return () => clearTimeout(timer)
  }
  if (document.visibilityState === 'hidden') return viaMessage(flush)
  watch(document)
  const show = () => {
    if (waiting.delete(show)) flush()
  }
  waiting.add(show)
  const frame = requestAnimationFrame(show)
  return () => {
    if (waiting.delete(show)) cancelAnimationFrame(frame)
  }
}

/**
 * If the page is hidden before a frame, that frame would wait until the page shows again. One listener for the page:
 * to add and remove one each frame cost more than all else that we do in it.
 */
function watch(page: Document): void {
  if (watched === page) return
  watched = page
  page.addEventListener('visibilitychange', () => {
    if (page.visibilityState === 'hidden') for (const show of waiting) show()
  })
}

function viaMessage(flush: () => void): () => void {
  // oxlint-disable-next-line no-restricted-globals -- called where there is a document that can be hidden: in a browser
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    flush()
  }
  port2.postMessage(0)
  return () => port1.close()
}
