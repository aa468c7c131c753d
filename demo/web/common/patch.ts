import { resting } from './resting.ts'
import { selfShown } from './selfShown.ts'

/** Replaces an element's content but leaves equal nodes alone, and with them a selection, a scrolled table, a pressed button. */
export function patch(element: Node, content: Node): void {
  const wanted = [...content.childNodes]
  const present = [...element.childNodes]
  for (const [index, node] of wanted.entries()) {
    const before = present[index]
    if (!before) element.appendChild(node)
    else if (before instanceof Text && node instanceof Text) setText(before, node.data)
    else if (selfShown(before) || selfShown(node)) handOver(before, node)
    else if (before.isEqualNode(node)) continue
    else if (alike(before, node)) patch(before, node)
    else if (isSameAct(before, node)) {
      copyAttributes(before, node)
      patch(before, node)
    } else before.parentNode!.replaceChild(node, before)
  }
  for (const node of present.slice(wanted.length)) node.parentNode!.removeChild(node)
}

/** Appending lets the browser keep the layout of the beginning. */
function setText(text: Text, data: string): void {
  if (data.startsWith(text.data)) {
    if (data.length > text.data.length) text.appendData(data.slice(text.data.length))
  } else text.data = data
}

/** An element that updates itself stays, or is replaced by another. */
function handOver(before: Node, node: Node): void {
  const [shown, next] = [selfShown(before), selfShown(node)]
  if (!shown || !next || !shown.takeOver(next)) before.parentNode!.replaceChild(node, before)
}

/** The same tag with the same attributes, whether it rests or not. */
function alike(one: Node, other: Node): boolean {
  if (!(one instanceof Element && other instanceof Element)) return false
  if (one.localName !== other.localName || one.namespaceURI !== other.namespaceURI) return false
  if (one.attributes.length - Number(one.hasAttribute(resting)) !== other.attributes.length) return false
  for (const { name, value } of one.attributes)
    if (name !== resting && other.getAttribute(name) !== value) return false
  return true
}

/** A button keeps the keyboard's focus when only its state changes. */
function isSameAct(one: Node, other: Node): one is HTMLElement {
  if (!(one instanceof HTMLElement && other instanceof HTMLElement)) return false
  return one.localName === other.localName && !!one.dataset.act && one.dataset.act === other.dataset.act
}

function copyAttributes(to: Element, from: Node): void {
  const wanted = (from as Element).attributes
  for (const name of to.getAttributeNames()) if (!wanted.getNamedItem(name)) to.removeAttribute(name)
  for (const { name, value } of wanted) if (to.getAttribute(name) !== value) to.setAttribute(name, value)
}
