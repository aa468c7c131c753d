import temml from './temml.ts'
import 'temml/contrib/physics/physics.js'
import 'temml/contrib/texvc/texvc.js'

// Its types are those of CommonJS.
const { render } = temml as unknown as typeof temml.default

/** Elements of MathML that say how a formula looks. */
const elements =
  /^(?:math|m(?:frac|i|multiscripts|n|o|over|padded|phantom|prescripts|root|row|s|space|sqrt|style|sub|subsup|sup|table|td|text|tr|under|underover))$/
const attributes =
  /^(?:accent|accentunder|class|columnalign|columnlines|columnspacing|columnspan|depth|displaystyle|display|fence|form|height|largeop|linethickness|lspace|mathvariant|maxsize|minsize|movablelimits|rowlines|rowspacing|rowspan|rspace|scriptlevel|separator|stretchy|symmetric|voffset|width)$/
const styles =
  /^(?:color|display|font-style|font-weight|margin-left|margin-right|padding(?:-left|-right)?|text-align|vertical-align)$/
/** Formulas inside of each other. */
const deepest = 60

/** A formula in TeX as MathML; nothing if it cannot be read. A model writes it, so only what is known comes out. */
export function mathOf(tex: string, display: boolean): Element | undefined {
  try {
    const made = document.createElement('div')
    render(tex, made, { displayMode: display, throwOnError: true, trust: false, maxExpand: 200 })
    const math = made.firstElementChild && cleaned(made.firstElementChild)
    return math instanceof Element ? math : undefined
  } catch {
    return undefined
  }
}

/** A copy with nothing in it but known elements and attributes of MathML, and text. */
export function cleaned(node: Node, depth = 0): Node {
  if (depth > deepest)
    throw new RangeError('unable to show a formula that is nested so deep; it stays as it was written')
  if (!(node instanceof Element)) return new Text(node.textContent ?? '')
  const copy = elements.test(node.localName) ? cleanElement(node) : document.createDocumentFragment()
  for (const child of node.childNodes) copy.appendChild(cleaned(child, depth + 1))
  return copy
}

function cleanElement(element: Element): Element {
  const copy = document.createElementNS('http://www.w3.org/1998/Math/MathML', element.localName)
  for (const { name, value } of element.attributes) if (attributes.test(name)) copy.setAttribute(name, value)
  const { style } = element as Partial<MathMLElement>
  if (!style) return copy
  for (let at = 0; at < style.length; at++) {
    const name = style.item(at)
    if (styles.test(name)) copy.style.setProperty(name, style.getPropertyValue(name))
  }
  return copy
}
