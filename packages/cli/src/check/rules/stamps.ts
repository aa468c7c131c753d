import type { Flow, Step } from '../flow.ts'
import type { Finding } from '../finding.ts'
import { mistaken, utf16, type Measure } from '../lengths.ts'
import type { Rule } from './rule.ts'

/** Whether stamps count UTF-16 code units, and the text agrees with them (PROTOCOL.md §4). */
export const stamps: Rule = ({ flows, strict, responseId }, { live }) =>
  flows.flatMap((flow) => {
    const stamped = flow.steps.some(({ end }) => end !== undefined)
    if (!strict && !stamped) return []
    const findings = malformed(flow)
    // History has the text that appends made, under the stamp of the last one: the steps between are not known.
    const whole = live ? findings.length === 0 && miscounted(flow) : findings.length === 0 && unhealed(flow)
    return [...findings, ...(whole || [])].map((finding) => ({ ...finding, responseId }))
  })

const section = (flow: Flow): string => (flow.unit === 'token' ? '4.2' : '4.1')

function malformed(flow: Flow): Finding[] {
  const where = flow.unit === 'token' ? 'header' : 'operation metadata'
  const operations = flow.steps.filter(({ kind }) => kind !== 'create')
  const absent = operations.filter(({ end }) => end === undefined)
  const odd = operations.find(({ end }) => end !== undefined && !/^\d+$/.test(end))
  const findings: Finding[] = []
  if (absent[0])
    findings.push({
      section: section(flow),
      severity: 'error',
      message: absent[0].label,
      expected: `${where} end: "${absent[0].text.length}"`,
      got: `none${absent.length > 1 ? `; nor on ${absent.length - 1} more` : ''}`,
      cause:
        flow.unit === 'token'
          ? 'stamp every token; a reader cannot see a gap before one without a stamp'
          : 'give version.metadata with every append and update; a reader cannot see a gap before one without it',
    })
  if (odd)
    findings.push({
      section: '4',
      severity: 'error',
      message: odd.label,
      expected: `end: "${odd.text.length}", decimal digits alone`,
      got: `"${odd.end}"`,
      cause: 'readers take such a stamp as absent',
    })
  return findings
}

function miscounted(flow: Flow): Finding[] {
  const first = wrongBy(flow, utf16)
  if (!first) return []
  const measure = mistaken.find((one) => !wrongBy(flow, one))
  const because = (cause: string | undefined, step: Step, part: string): Finding[] => [
    {
      section: part,
      severity: 'error',
      message: step.label,
      expected: `end ${step.text.length}`,
      got: `end ${step.end}`,
      cause,
    },
  ]
  if (measure) return because(measure.cause, first, section(flow))
  const again = repeated(flow)
  if (again) return sentAgain(flow, again)
  if (isScrambled(flow)) return scrambled(flow)
  return unhealed(flow)
}

/** The first operation whose stamp differs from what a measure computes. */
function wrongBy({ steps }: Flow, measure: Measure): Step | undefined {
  return steps.find((step, i) => {
    if (step.end === undefined) return false
    return Number(step.end) !== measure.of(step, steps[i - 1]?.text ?? '')
  })
}

/** A fragment that came twice under the same stamp. */
function repeated({ steps }: Flow): Step | undefined {
  const seen = new Set<string>()
  return steps.find(({ kind, given, end }) => {
    if (kind !== 'append' || given === '') return false
    const key = `${end} ${given}`
    if (seen.has(key)) return true
    seen.add(key)
    return false
  })
}

function sentAgain(flow: Flow, step: Step): Finding[] {
  const token = flow.unit === 'token'
  return [
    {
      section: token ? '9.5' : '9.4',
      severity: 'error',
      message: step.label,
      expected: 'each fragment once',
      got: `the same fragment twice, with end ${step.end}`,
      cause: token
        ? 'a token whose outcome was not known was sent again under another id; keep the id of the first time'
        : 'an append that failed was sent again, although it had arrived; send an update with the whole text instead',
    },
  ]
}

/** The text is complete, but in another order than its stamps say. */
function isScrambled({ steps }: Flow): boolean {
  const appends = steps.filter(({ kind, given }) => kind === 'append' && given !== '')
  const spans = appends.map(({ given, end }) => ({ from: Number(end) - given.length, to: Number(end) }))
  if (spans.every(({ to }, i) => i === 0 || to >= spans[i - 1]!.to)) return false
  const sorted = spans.toSorted((a, b) => a.from - b.from)
  return sorted.every(({ from }, i) => i === 0 || from === sorted[i - 1]!.to)
}

function scrambled(flow: Flow): Finding[] {
  const { steps } = flow
  const late = steps.find(
    ({ end, kind }, i) => kind === 'append' && Number(end) < Number(steps[i - 1]?.end ?? 0),
  )!
  return [
    {
      section: flow.unit === 'token' ? '9.5' : '9.3',
      severity: 'error',
      message: late.label,
      expected: 'stamps that grow from one operation to the next',
      got: `end ${late.end} after ${steps[steps.indexOf(late) - 1]!.end}`,
      cause:
        'operations were sent in parallel, and arrived in another order; send one at a time, and gather text meanwhile',
    },
  ]
}

/** Text that the stamps count, and that never arrived. */
function unhealed(flow: Flow): Finding[] {
  const last = flow.steps.findLast(({ end }) => end !== undefined)
  if (!last) return []
  const missing = Number(last.end) - last.text.length
  if (missing === 0) return []
  const finding = {
    severity: 'error' as const,
    expected: `a text of ${last.end} code units`,
    message: last.label,
  }
  if (missing < 0)
    return [
      {
        ...finding,
        section: section(flow),
        got: `${last.text.length}: more than the stamp says`,
        cause:
          'text arrived twice, or the stamp counts something else; if an append is repeated, send an update instead',
      },
    ]
  return [
    {
      ...finding,
      section: '6.2',
      got: `${last.text.length}: ${missing} are missing`,
      cause:
        flow.unit === 'token'
          ? 'a publish failed and was not made good; send it again with the same id, or publish response-complete'
          : 'an append failed and was not made good; send an update with the whole text',
    },
  ]
}
