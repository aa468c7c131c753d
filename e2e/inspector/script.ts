import { open } from './open.ts'

// The element gets its session before it is defined.
const inspector = document.querySelector('rejoin-inspector')!
Object.assign(inspector, { session: open() })
const script = document.createElement('script')
script.src = '/inspector.global.js'
document.head.append(script)
