import { open } from './open.ts'

// The element has its session before anybody has said what the element is.
const inspector = document.querySelector('rejoin-inspector')!
Object.assign(inspector, { session: open() })
const script = document.createElement('script')
script.src = '/inspector.global.js'
document.head.append(script)
