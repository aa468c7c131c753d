/** Runs `flush` once, soon. Returns a function that cancels it. */
export type Schedule = (flush: () => void) => () => void

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
  const frame = requestAnimationFrame(flush)
  // If the page is hidden before its frame, the frame would wait until the page shows again.
  const onHide = () => {
    if (document.visibilityState !== 'hidden') return
    cancel()
    flush()
  }
  const cancel = () => {
    cancelAnimationFrame(frame)
    document.removeEventListener('visibilitychange', onHide)
  }
  document.addEventListener('visibilitychange', onHide)
  return cancel
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
