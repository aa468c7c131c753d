/** The attribute of what rests. */
export const resting = 'data-resting'

/**
 * Watches elements that no longer change. Once one is out of view, the browser may skip it until it comes back: it
 * keeps its size, and costs nothing. An element in view is never skipped, because it would flicker.
 */
let outOfView: IntersectionObserver | undefined

/** Lets an element be skipped from when it is out of view. */
export function rest(element: Element): void {
  outOfView ??= 'IntersectionObserver' in globalThis ? new IntersectionObserver(see) : undefined
  outOfView?.observe(element)
}

export function wake(element: Element): void {
  outOfView?.unobserve(element)
  element.toggleAttribute(resting, false)
}

function see(entries: readonly IntersectionObserverEntry[], observer: IntersectionObserver): void {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) continue
    observer.unobserve(target)
    target.toggleAttribute(resting, true)
  }
}
