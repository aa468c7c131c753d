import type { Finding } from '../finding.ts'
import type { Spoken, Transcript } from '../transcript.ts'

/** Looks at one response, and says what is wrong. */
export type Rule = (response: Spoken, transcript: Transcript) => Finding[]
