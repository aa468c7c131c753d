import type { CheckResult } from './checkAgent.ts'
import type { Finding } from './finding.ts'

/** A result as text, for a terminal. */
export function report({ findings, responses, output }: CheckResult): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  const lines = findings.map(paragraph)
  if (responses.length === 0) lines.push('✗ no response was heard\n')
  for (const { responseId, length, verified } of responses)
    lines.push(
      `response ${responseId ?? '(without id)'}: ${length} code units${verified ? ', verified' : ''}\n`,
    )
  if ((errors > 0 || responses.length === 0) && output) lines.push(`The agent wrote:\n${output}\n`)
  lines.push(`${count(errors, 'error')}, ${count(warnings, 'warning')}\n`)
  return lines.join('')
}

/** Whether the agent may be released with these findings. */
export function passes({ findings, responses }: CheckResult): boolean {
  return responses.length > 0 && findings.every(({ severity }) => severity !== 'error')
}

function paragraph({ section, severity, message, responseId, expected, got, cause }: Finding): string {
  const mark = severity === 'error' ? '✗' : '!'
  const of = responseId === undefined ? '' : `, response ${responseId}`
  const rows = [
    `${mark} PROTOCOL.md §${section}: ${message}${of}`,
    `    expected  ${expected}`,
    `    got       ${got}`,
    ...(cause === undefined ? [] : [`    cause     ${cause}`]),
  ]
  return `${rows.join('\n')}\n\n`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
