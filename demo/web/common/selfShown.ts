/** An element that updates its own content, when it chooses. */
export interface SelfShown {
  /** Takes over the content of another one; false if it cannot. */
  takeOver(other: SelfShown): boolean
}

const shown = new WeakMap<Node, SelfShown>()

export function showsItself(element: Element, by: SelfShown): void {
  shown.set(element, by)
}

export const selfShown = (node: Node): SelfShown | undefined => shown.get(node)
