import { checksum, Phase } from '@rejoin/core/protocol'
import { causeOfChecksum } from '../checksums.ts'
import type { Flow, Step } from '../flow.ts'
import type { Finding } from '../finding.ts'
import type { Rule } from './rule.ts'

/** Whether every text is closed, and its checksum is right (PROTOCOL.md §4.4). */
export const closes: Rule = ({ flows, strict, responseId }, { complete }) => {
  if (!strict) return []
  const texts = flows.flatMap((flow) => {
    const continued = flows.some((other) => other !== flow && follows(other.part, flow.part))
    return [...checksums(flow, flows), ...(complete ? close(flow, continued) : []), ...afterClose(flow)]
  })
  return texts.map((finding) => ({ ...finding, responseId }))
}

/** Whether a run is the next of another: `0.1` after `0`, `0.2` after `0.1`. */
function follows(part: string | undefined, before: string | undefined): boolean {
  if (part === undefined || before === undefined) return false
  const [number, run = '0'] = before.split('.')
  return part === `${number}.${Number(run) + 1}`
}

function checksums(flow: Flow, flows: readonly Flow[]): Finding[] {
  const wrong = flow.steps.find(
    ({ checksum: got, text, end }) =>
      // If text is missing, report only that.
      got !== undefined && got !== checksum(text) && (end === undefined || Number(end) === text.length),
  )
  if (!wrong) return []
  const whole = flows
    .filter(({ part, name }) => name === flow.name && part?.split('.')[0] === flow.part?.split('.')[0])
    .map(({ steps }) => steps.at(-1)!.text)
    .join('')
  const last = flow.steps.findLast(({ kind, given }) => kind === 'append' && given !== '')?.given ?? ''
  return [
    {
      section: '4.4',
      severity: 'error',
      message: wrong.label,
      expected: `checksum ${checksum(wrong.text)}`,
      got: `checksum ${wrong.checksum}`,
      cause: causeOfChecksum(wrong.checksum!, wrong.text, {
        'the last fragment': last,
        'the whole part': whole,
        'an empty text': '',
      }),
    },
  ]
}

function close({ steps, unit }: Flow, continued: boolean): Finding[] {
  const last = steps.at(-1)!
  const phase = continued ? Phase.Streaming : Phase.Done
  const lacks = [
    last.phase === phase ? '' : `phase: ${phase}`,
    last.checksum === undefined ? `checksum: ${checksum(last.text)}` : '',
    last.end === undefined && last.kind !== 'create' ? `end: ${last.text.length}` : '',
  ].filter((lack) => lack !== '')
  if (lacks.length === 0) return []
  return [
    {
      section: '4.4',
      severity: 'error',
      message: `${last.label}: the last of its text`,
      expected: lacks.join(', '),
      got: `phase: ${last.phase ?? 'none'}, checksum: ${last.checksum ?? 'none'}`,
      cause: `close every text: ${
        unit === 'token' ? 'an empty token' : 'an empty append, or an update with the whole text,'
      } with phase, end and checksum. Without it, readers never say verified`,
    },
  ]
}

function afterClose({ steps }: Flow): Finding[] {
  const done = steps.findIndex(({ phase, checksum: sum }) => phase === Phase.Done && sum !== undefined)
  const late: Step | undefined =
    done < 0 ? undefined : steps.slice(done + 1).find(({ kind, given }) => kind === 'append' && given !== '')
  if (!late) return []
  return [
    {
      section: '4.4',
      severity: 'error',
      message: late.label,
      expected: 'no text after phase: done',
      got: 'more text',
      cause: 'the text was closed too early; close it when all of it is published',
    },
  ]
}
