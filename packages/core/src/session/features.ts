import { citationKind } from '../response/citations.ts'
import { feature } from './feature.ts'
import type { Feature } from './feature.ts'
import { deliver } from '../response/deliver.ts'
import { fates } from '../response/fate.ts'
import type { Kinds } from '../response/kinds.ts'
import { PromptTexts } from '../response/promptTexts.ts'
import { ReplyBook } from '../response/replyBook.ts'
import { applyRows } from '../response/rows.ts'
import { partMetadataKind } from '../response/partMetadata.ts'
import { Shelf } from '../response/shelf.ts'
import { toolKind } from '../response/toolPart.ts'
import { Transcripts } from '../response/transcripts.ts'
import { pieceKind, valueKind } from '../response/valuePart.ts'
import { promptStatusReaders } from '../wire/promptStatus.ts'
import { promptTextReaders } from '../wire/promptTexts.ts'
import { summaryReaders } from '../wire/summary.ts'
import { toolReaders } from '../wire/tools.ts'
import { pieceReaders, valueReaders } from '../wire/values.ts'

const replies: Kinds['replies'] = (host) => new ReplyBook(host)

/** Tool calls, their progress and outcome, and approvals. */
export const toolParts: Feature = /* @__PURE__ */ feature({
  readers: [toolReaders, pieceReaders],
  kinds: { tool: toolKind, value: pieceKind, 'part-metadata': partMetadataKind, replies },
})

/** Sources, documents, files and application data. */
export const valueParts: Feature = /* @__PURE__ */ feature({
  readers: [valueReaders, pieceReaders],
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
  readers: [summaryReaders],
  kinds: { summary: citationKind, citation: citationKind },
})

/** Rows of the application's database: for `seed`, `history({ older })` and hydrators that call `applyRows`. */
export const databaseRows: Feature = /* @__PURE__ */ feature({
  applyRows,
  kinds: { shelf: (host) => new Shelf(host) },
})

/** What becomes of prompts: queued, answering, answered, stopped. Without it, a prompt's status is `sent`. */
export const promptStatuses: Feature = /* @__PURE__ */ feature({
  readers: [promptStatusReaders],
  kinds: { fates },
})

/** Texts of prompts that outgrow one message. Without it, such a prompt shows its beginning, and is `incomplete`. */
export const longPrompts: Feature = /* @__PURE__ */ feature({
  readers: [promptTextReaders],
  kinds: { longPrompts: () => new PromptTexts() },
})

/** Prompts that this session publishes. */
const ownPrompts: Feature = /* @__PURE__ */ feature({ kinds: { deliver } })

/** Answers of history that are over are made when somebody asks for them. With `databaseRows`. */
const wholeAnswers: Feature = /* @__PURE__ */ feature({
  kinds: { transcripts: (host) => new Transcripts(host) },
})

export const allFeatures: readonly Feature[] = [
  toolParts,
  valueParts,
  citedSources,
  databaseRows,
  wholeAnswers,
  promptStatuses,
  longPrompts,
  ownPrompts,
]
