import type { Source } from '../common/items.ts'
import { hostOf, safeAddress } from '../common/address.ts'

/** What the answer cites, by the numbers in its text. */
export function Sources({ sources }: { sources: readonly Source[] }) {
  if (sources.length === 0) return null
  return (
    <details className="sources">
      <summary>{sources.length === 1 ? '1 source' : `${sources.length} sources`}</summary>
      <ol>
        {sources.map(({ number, url, title }) => (
          <li key={number} data-source={number}>
            <span className="cite">{number}</span>
            <a href={safeAddress(url)} target="_blank" rel="noopener noreferrer nofollow">
              {title || url}
            </a>
            <small>{hostOf(url)}</small>
          </li>
        ))}
      </ol>
    </details>
  )
}
