import { gapsOf, segmentsOf, type Gap, type ResponseState } from '@rejoin/core'

/** A response's text with its gaps marked. */
export function render(response: Pick<ResponseState, 'parts' | 'gaps'>): string {
  return response.parts
    .map((part) => {
      if (part.type !== 'text' && part.type !== 'reasoning') return `[${nameOf(part)}]\n`
      const shown = segmentsOf(part.text, gapsOf(response, part.id)).map((segment) =>
        segment.type === 'gap' ? mark(segment.gap) : segment.uncertain ? `‹${segment.text}›` : segment.text,
      )
      return shown.join('') + (part.type === 'reasoning' ? '\n' : '')
    })
    .join('')
}

/** Marks the place of a gap, or the beginning of the range in which it is. */
function mark({ from, to, missing }: Gap): string {
  return `⟨${missing ?? 'some text'} missing${to > from ? ' in' : ''}⟩`
}

function nameOf(part: ResponseState['parts'][number]): string {
  const state = 'state' in part ? ` ${part.state}` : ''
  return `${part.type}${state}`
}
