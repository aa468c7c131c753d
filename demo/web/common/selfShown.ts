/** What shows the content of an element by itself, at its own time. */
export interface SelfShown {
  /** Shows from now on what the other was given; false if it cannot. */
  takeOver(other: SelfShown): boolean
}

const shown = new WeakMap<Node, SelfShown>()

export function showsItself(element: Element, by: SelfShown): void {
  shown.set(element, by)
}

export const selfShown = (node: Node): SelfShown | undefined => shown.get(node)
