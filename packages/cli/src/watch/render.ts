import type { ResponseState } from '@rejoin/core'

/** A response's text with its gaps marked. */
export function render({ parts, gaps }: Pick<ResponseState, 'parts' | 'gaps'>): string {
  return parts
    .map((part) => {
      if (part.type !== 'text' && part.type !== 'reasoning') return `[${nameOf(part)}]\n`
      let at = 0
      let shown = ''
      const own = gaps.filter((gap) => gap.part === part.id).toSorted((a, b) => a.to - b.to)
      for (const { to, missing } of own) {
        shown += part.text.slice(at, to) + mark(missing)
        at = Math.max(at, to)
      }
      return shown + part.text.slice(at) + (part.type === 'reasoning' ? '\n' : '')
    })
    .join('')
}

/** Stands for text that is missing. */
export function mark(missing: number | undefined): string {
  return `⟨${missing ?? 'some text'} missing⟩`
}

function nameOf(part: ResponseState['parts'][number]): string {
  const state = 'state' in part ? ` ${part.state}` : ''
  return `${part.type}${state}`
}
