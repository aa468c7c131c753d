/** A small deliberate bug: an edit of one place in the source. */
export interface Mutant {
  name: string
  /** File in packages/core/src. */
  file: string
  /** Stands once in the file. */
  from: string
  to: string
  /** The test that catches it: a file in packages/core, without `.test.ts`. */
  killer: string
}
