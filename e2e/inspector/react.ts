import { defineInspector } from '@rejoin/inspector'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { open } from './open.ts'

defineInspector()
const session = open()
createRoot(document.getElementById('app')!).render(createElement('rejoin-inspector', { session }))
