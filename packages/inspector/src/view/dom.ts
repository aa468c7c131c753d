type Attributes = { readonly [name: string]: string | number | boolean | undefined }
type Child = Node | string | undefined | false

/** Makes an element. Text is only ever text: nothing that comes from a channel is parsed as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children)
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

function filled<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value))
  for (const child of children) if (child !== undefined && child !== false) element.append(child)
  return element
}

/** Sets a text only if it differs: painting without changes then costs nothing. */
export function say(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

const two = (number: number, length = 2) => String(number).padStart(length, '0')

/** A time of this day, `18:04:09`; with milliseconds for a row. */
export function clock(at: number, precise = false): string {
  const date = new Date(at)
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return precise ? `${time}.${two(date.getMilliseconds(), 3)}` : time
}
