import { vue } from '../../packages/vue/test/framework.ts'
import { open } from './page.ts'

open(vue)
