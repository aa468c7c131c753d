/** What `createOlder` watches: older messages are inserted below these elements. */
export const sentinels: Set<Element> = /* @__PURE__ */ new Set()

/** Whether a scroller's older messages are inserted below an element: it does not move with the list. */
export function isAboveList(element: Element, scroller: Element): boolean {
  for (const sentinel of sentinels) {
    if (!scroller.contains(sentinel)) continue
    const position = element.compareDocumentPosition(sentinel)
    // An element that contains the sentinel may contain the list, too.
    if (!position || position === Node.DOCUMENT_POSITION_FOLLOWING) return true
  }
  return false
}
