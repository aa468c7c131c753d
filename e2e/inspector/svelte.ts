import { defineInspector } from '@rejoin/inspector'
import { mount } from 'svelte'
import Inspector from './Inspector.svelte'
import { open } from './open.ts'

defineInspector()
const session = open()
mount(Inspector, { target: document.getElementById('app')!, props: { session } })
