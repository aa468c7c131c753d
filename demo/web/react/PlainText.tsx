import type { Gap } from '@rejoin/core'
import { describeGap, segmentsOf } from '../common/gaps.ts'

/** A text exactly as the model wrote it, with its holes marked. */
export function PlainText({ text, gaps }: { text: string; gaps: readonly Gap[] }) {
  return (
    <>
      {segmentsOf(text, gaps).map((segment) =>
        segment.kind === 'gap' ? (
          <span key={`gap-${segment.at}`} className="gap" data-gap>
            … {describeGap(segment.missing)}
          </span>
        ) : (
          <span key={segment.from} className={segment.uncertain ? 'uncertain' : undefined}>
            {segment.text}
          </span>
        ),
      )}
    </>
  )
}
