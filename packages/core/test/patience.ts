/**
 * How long tests wait, in milliseconds. Nothing is slower for it: a wait ends with its event. These only end tests that
 * hang, so they are for the slowest machine there is.
 */

/** For one thing that must come; then the test says what did not. */
export const patience = 180_000

/** For a whole test, or a hook. Tests whose number of runs can be set add to it. */
export const testPatience = 600_000
