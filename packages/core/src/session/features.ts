import { citationKind } from '../response/citations.ts'
import type { Feature } from './feature.ts'
import { applyRow } from '../response/rows.ts'
import { toolKind } from '../response/toolPart.ts'
import { valueKind } from '../response/valuePart.ts'
import { summaryReaders } from '../wire/summary.ts'
import { toolReaders } from '../wire/tools.ts'
import { valueReaders } from '../wire/values.ts'

/** Tool calls, their progress and outcome, and approvals. */
export const toolParts: Feature = { readers: toolReaders, kinds: { tool: toolKind } }

/** Sources and application data. */
export const valueParts: Feature = { readers: valueReaders, kinds: { source: valueKind, data: valueKind } }

/** Which sources are cited, and how often; with the option `citations` of a session, each citation. */
export const citedSources: Feature = {
  readers: summaryReaders,
  kinds: { summary: citationKind, citation: citationKind },
}

/** What the application's database has: for `seed`, `history({ older })` and hydrators that call `applyRows`. */
export const databaseRows: Feature = { applyRow }

export const allFeatures: readonly Feature[] = [toolParts, valueParts, citedSources, databaseRows]
