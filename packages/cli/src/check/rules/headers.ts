import { Header, MessageName, PROTOCOL_VERSION } from '@rejoin/core/protocol'
import { quoted, type Finding } from '../finding.ts'
import type { Operation } from '../../wire/operation.ts'
import type { Rule } from './rule.ts'

/** Whether every message says what it belongs to (PROTOCOL.md §3). */
export const headers: Rule = ({ operations, responseId, clientId, strict }) => {
  const findings: Finding[] = []
  const creates = operations.filter(({ kind }) => kind === 'create')
  const lacking = (key: string) => creates.filter(({ headers: given }) => given[key] === undefined)
  if (!strict)
    findings.push({
      section: '3',
      severity: 'warning',
      responseId,
      message: 'every message',
      expected: `header rejoin: ${PROTOCOL_VERSION}`,
      got: 'none has it',
      cause: 'the agent sends no stamps, so readers cannot see gaps; PROTOCOL.md §4 says how to stamp',
    })
  if (responseId === undefined)
    findings.push(
      ...missing(creates.filter(isOfResponse), Header.ResponseId, '1.1', strict ? 'error' : 'warning'),
    )
  if (strict) findings.push(...missing(lacking(Header.Rejoin), Header.Rejoin, '3', 'error', responseId))
  const wrong = creates.filter(
    ({ headers: { [Header.Rejoin]: version } }) => version !== undefined && version !== PROTOCOL_VERSION,
  )
  for (const operation of wrong.slice(0, 1))
    findings.push({
      section: '7',
      severity: 'error',
      responseId,
      message: nameOf(operation),
      expected: `header rejoin: ${quoted(PROTOCOL_VERSION)}`,
      got: JSON.stringify(operation.headers[Header.Rejoin]),
      cause: 'readers take an unknown version as if the header were absent',
    })
  if (clientId === undefined)
    findings.push({
      section: '8.1',
      severity: 'warning',
      responseId,
      message: 'every message',
      expected: 'a clientId',
      got: 'none',
      cause: 'anyone without a clientId can speak for this agent; send X-Ably-ClientId, or connect with one',
    })
  return findings
}

function isOfResponse({ name }: Operation): boolean {
  return name !== MessageName.PromptStatus && name !== MessageName.Claim
}

function missing(
  lacking: readonly Operation[],
  key: string,
  section: string,
  severity: Finding['severity'],
  responseId?: string,
): Finding[] {
  const [first] = lacking
  if (!first) return []
  const more = lacking.length > 1 ? `, and on ${lacking.length - 1} more` : ''
  return [
    {
      section,
      severity,
      responseId,
      message: nameOf(first),
      expected: `header ${key}`,
      got: `no such header${more}`,
      cause: `headers go on every message that is created, in extras.headers; appends carry none`,
    },
  ]
}

/** For a report. */
export function nameOf({ kind, name, serial }: Operation): string {
  return `${kind === 'create' ? '' : `${kind} of `}${name || 'a message'} ${serial}`
}
