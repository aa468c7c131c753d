import { pastMutants } from './mutants/past.ts'
import { responseMutants } from './mutants/response.ts'
import { rowMutants } from './mutants/rows.ts'
import { sessionMutants } from './mutants/session.ts'
import { textMutants } from './mutants/text.ts'

/**
 * Small deliberate bugs in the reader. `node scripts/mutants.mjs` runs the test that each one names with that bug in the
 * source, and fails when it is not noticed: a test that cannot fail proves nothing.
 */
export const mutants = [...textMutants, ...responseMutants, ...rowMutants, ...pastMutants, ...sessionMutants]
