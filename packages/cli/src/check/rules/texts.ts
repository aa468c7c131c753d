import { MessageName } from '@rejoin/core/protocol'
import type { Finding } from '../finding.ts'
import type { Rule } from './rule.ts'

/** Bytes that a message should not outgrow (PROTOCOL.md §1.3). */
const ROOM = 60_000
const half = /\p{Surrogate}/u

/** What the texts themselves show: half characters, full messages, tokens that readers ignore. */
export const texts: Rule = ({ flows, responseId }) => {
  const findings: Finding[] = []
  for (const { steps, unit, part } of flows) {
    const torn = steps.find(
      ({ given, kind }, i) =>
        half.test(given) ||
        (kind === 'append' && given.startsWith('\uFFFD') && steps[i - 1]?.given.endsWith('\uFFFD')),
    )
    if (torn)
      findings.push({
        section: '4.5',
        severity: 'error',
        message: torn.label,
        expected: 'whole characters',
        got: 'half of a surrogate pair',
        cause: 'a character was split between two fragments; hold the first half back until the second comes',
      })
    const continued = flows.some((flow) => flow.part?.startsWith(`${part?.split('.')[0]}.`))
    const full = continued
      ? undefined
      : steps.find(({ text, given }) => Buffer.byteLength(unit === 'token' ? given : text) > ROOM)
    if (full)
      findings.push({
        section: '1.3',
        severity: 'warning',
        message: full.label,
        expected: `at most ${ROOM} bytes in a message`,
        got: `${Buffer.byteLength(full.text)} bytes`,
        cause: 'the service refuses what outgrows 65,536 bytes; go on in a further run (part 0.1)',
      })
    const complete = steps.findIndex(({ operation }) => operation.name === MessageName.ResponseComplete)
    const late =
      complete < 0
        ? undefined
        : steps.slice(complete + 1).find(({ given, end }) => given !== '' && end === undefined)
    if (late)
      findings.push({
        section: '5.8',
        severity: 'error',
        message: late.label,
        expected: 'no token without a stamp after response-complete',
        got: 'one, which readers ignore',
        cause:
          'without stamps, publish response-complete only at the end, with all of the text; or stamp the tokens (§4.2)',
      })
  }
  return findings.map((finding) => ({ ...finding, responseId }))
}
