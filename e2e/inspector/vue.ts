import { defineInspector } from '@rejoin/inspector'
import { createApp, h } from 'vue'
import { open } from './open.ts'

defineInspector()
const session = open()
createApp({ render: () => h('rejoin-inspector', { session }) }).mount('#app')
