import { svelte } from '../../packages/svelte/test/framework.ts'
import { open } from './page.ts'

open(svelte)
