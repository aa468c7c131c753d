// @vitest-environment node
import { join } from 'node:path'
import { typeTests } from '../../core/test/bindings/typing.ts'

typeTests(join(import.meta.dirname, '..', 'types'))
