import type { Session } from '@rejoin/core'
import { MessageName } from '@rejoin/core/protocol'
import { quoted, type Finding } from './finding.ts'
import type { Spoken } from './transcript.ts'

/** How a reader shows the responses, for problems that no other rule explains. */
export function verdicts(
  spoken: readonly Spoken[],
  session: Session,
  found: readonly Finding[],
  expect: string | undefined,
): Finding[] {
  return spoken.flatMap(({ responseId, strict, operations }): Finding[] => {
    const shown = responseId === undefined ? undefined : session.getResponse(responseId)
    if (!shown || operations.some(({ name }) => name === MessageName.Retract)) return []
    const known = found.some((one) => one.severity === 'error' && one.responseId === responseId)
    const base = { severity: 'error' as const, responseId, message: 'the response, as a reader shows it' }
    const findings: Finding[] = []
    if (expect !== undefined && shown.text !== expect)
      findings.push({
        ...base,
        section: '4',
        expected: quoted(expect),
        got: quoted(shown.text),
        cause: differenceOf(expect, shown.text),
      })
    const isUnproven = shown.status === 'complete' && shown.text !== '' && !shown.verified
    if (strict && !known && (shown.hasGap || isUnproven))
      findings.push({
        ...base,
        section: '4.4',
        expected: 'verified, and no gap',
        got: shown.hasGap ? 'a gap' : 'not verified',
      })
    return findings
  })
}

function differenceOf(expected: string, got: string): string {
  let at = 0
  while (at < expected.length && expected[at] === got[at]) at++
  return `they differ from code unit ${at} on: ${quoted(expected.slice(at), 20)} and ${quoted(got.slice(at), 20)}`
}
