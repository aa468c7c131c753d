import { react } from '../../packages/react/test/framework.tsx'
import { open } from './page.ts'

open(react)
