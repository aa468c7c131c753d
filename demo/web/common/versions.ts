import type { Branch } from '@rejoin/core'
import { h, icon } from './dom.ts'

/** Buttons that switch between the versions of something; each says with `data-act` what it does. */
export function versionSwitch(branch: Branch | undefined, of: 'prompt' | 'answer'): HTMLElement | undefined {
  const { versions, index } = branch ?? { versions: [], index: 0 }
  if (versions.length < 2) return undefined
  const button = (act: 'previous' | 'next', disabled: boolean) =>
    h(
      'button',
      {
        type: 'button',
        'data-act': act,
        'aria-label': act === 'previous' ? 'Previous version' : 'Next version',
        // Not `disabled`, which would take the keyboard's focus away.
        'aria-disabled': String(disabled),
      },
      icon(act === 'previous' ? 'back' : 'chevron'),
    )
  return h(
    'span',
    { class: 'versions', role: 'group', 'aria-label': `Versions of the ${of}`, 'data-of': of },
    button('previous', index === 0),
    h('span', { 'aria-live': 'polite' }, `${index + 1} of ${versions.length}`),
    button('next', index === versions.length - 1),
  )
}

/** The version that a button leads to. */
export function versionAfter({ versions, index }: Branch, act: string): string | undefined {
  if (act === 'previous') return versions[index - 1]
  return act === 'next' ? versions[index + 1] : undefined
}

/** Which `data-act` was pressed inside of an element. */
export function actOf({ target }: Event): string | undefined {
  return (target as Element).closest<HTMLElement>('[data-act]')?.dataset.act
}
