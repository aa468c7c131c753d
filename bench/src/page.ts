import { Window } from 'happy-dom'

/** A document for frameworks to render into, put up before any of them is imported. */
const window = new Window({ url: 'http://localhost/' })

for (const name of [
  'window',
  'document',
  'Node',
  'Element',
  'HTMLElement',
  'SVGElement',
  'Event',
  'MutationObserver',
])
  Object.defineProperty(globalThis, name, {
    value: name === 'window' ? window : window[name as 'document'],
    configurable: true,
  })
process.env.NODE_ENV = 'production'

export function makeRoot(): HTMLElement {
  return document.body.appendChild(document.createElement('div'))
}
