/** What the command `rejoin check-agent` does, for tests of your own. */
export { checkAgent, type CheckOptions, type CheckResult } from './check/checkAgent.ts'
export type { Finding } from './check/finding.ts'
export { passes, report } from './check/report.ts'
export type { Target } from './wire/target.ts'
