/** Gives an element other content, and leaves what is the same: a selection, a scrolled table, a pressed button. */
export function patch(element: Node, content: Node): void {
  const wanted = [...content.childNodes]
  const present = [...element.childNodes]
  for (const [index, node] of wanted.entries()) {
    const before = present[index]
    if (!before) element.appendChild(node)
    else if (before instanceof Text && node instanceof Text) {
      if (before.data !== node.data) before.data = node.data
    } else if (alike(before, node)) patch(before, node)
    else before.parentNode!.replaceChild(node, before)
  }
  for (const node of present.slice(wanted.length)) node.parentNode!.removeChild(node)
}

/** The same tag with the same attributes. */
function alike(one: Node, other: Node): boolean {
  return one instanceof Element && one.cloneNode(false).isEqualNode(other.cloneNode(false))
}
