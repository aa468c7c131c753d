import { VERSION } from 'svelte/compiler'
import { runHere } from '../../core/test/bindings/run.ts'
import { svelte } from './framework.ts'
import { serve } from './serve.ts'

runHere(`Svelte ${VERSION}`, svelte, serve)
