/** Milliseconds by which a process is kept from its end at most. Tests, which run on slow machines too, set more. */
export const patience = {
  /** After a signal. */
  signal: 5000,
  /** On exit, when nothing else runs any more. */
  exit: 2500,
}
