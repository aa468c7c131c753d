import type { Finding } from '../finding.ts'
import type { Spoken, Transcript } from '../transcript.ts'

/** Checks one response, and reports its mistakes. */
export type Rule = (response: Spoken, transcript: Transcript) => Finding[]
