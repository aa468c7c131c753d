import { citationKind } from '../response/citations.ts'
import { feature } from './feature.ts'
import type { Feature } from './feature.ts'
import { applyRow } from '../response/rows.ts'
import { partMetadataKind } from '../response/partMetadata.ts'
import { toolKind } from '../response/toolPart.ts'
import { pieceKind, valueKind } from '../response/valuePart.ts'
import { summaryReaders } from '../wire/summary.ts'
import { toolReaders } from '../wire/tools.ts'
import { pieceReaders, valueReaders } from '../wire/values.ts'

/** Tool calls, their progress and outcome, and approvals. */
export const toolParts: Feature = /* @__PURE__ */ feature({
  readers: { ...toolReaders, ...pieceReaders },
  kinds: { tool: toolKind, value: pieceKind, 'part-metadata': partMetadataKind },
})

/** Sources, documents, files and application data. */
export const valueParts: Feature = /* @__PURE__ */ feature({
  readers: { ...valueReaders, ...pieceReaders },
  kinds: {
    source: valueKind,
    document: valueKind,
    file: valueKind,
    custom: valueKind,
    data: valueKind,
    value: pieceKind,
  },
})

/** Which sources are cited, and how often; with the option `citations` of a session, each citation. */
export const citedSources: Feature = /* @__PURE__ */ feature({
  readers: summaryReaders,
  kinds: { summary: citationKind, citation: citationKind },
})

/** Rows of the application's database: for `seed`, `history({ older })` and hydrators that call `applyRows`. */
export const databaseRows: Feature = /* @__PURE__ */ feature({ applyRow })

export const allFeatures: readonly Feature[] = [toolParts, valueParts, citedSources, databaseRows]
