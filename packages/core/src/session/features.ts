import { citationKind } from '../response/citations.ts'
import { feature } from './feature.ts'
import type { Feature } from './feature.ts'
import { applyRow } from '../response/rows.ts'
import { toolKind } from '../response/toolPart.ts'
import { valueKind } from '../response/valuePart.ts'
import { summaryReaders } from '../wire/summary.ts'
import { toolReaders } from '../wire/tools.ts'
import { valueReaders } from '../wire/values.ts'

/** Tool calls, their progress and outcome, and approvals. */
export const toolParts: Feature = /* @__PURE__ */ feature({ readers: toolReaders, kinds: { tool: toolKind } })

/** Sources and application data. */
export const valueParts: Feature = /* @__PURE__ */ feature({
  readers: valueReaders,
  kinds: { source: valueKind, data: valueKind },
})

/** Which sources are cited, and how often; with the option `citations` of a session, each citation. */
export const citedSources: Feature = /* @__PURE__ */ feature({
  readers: summaryReaders,
  kinds: { summary: citationKind, citation: citationKind },
})

/** What the application's database has: for `seed`, `history({ older })` and hydrators that call `applyRows`. */
export const databaseRows: Feature = /* @__PURE__ */ feature({ applyRow })

export const allFeatures: readonly Feature[] = [toolParts, valueParts, citedSources, databaseRows]
