/**
 * What both ends of a channel share: the names of PROTOCOL.md, its checksum, ids and errors. `@rejoin/agent` is built
 * on it, and an agent of your own can be.
 */
export * from './protocol/names.ts'
export type { Wake } from './protocol/wake.ts'
export { checksum } from './protocol/checksum.ts'
export { newId } from './protocol/newId.ts'
export { undecoded } from './protocol/undecoded.ts'
export { shortened } from './protocol/shortened.ts'
export { PartialJson, readJson } from './protocol/partialJson.ts'
export { ErrorCode, lacking, quoted, reasonOf, RejoinError, wrapError } from './types/errors.ts'
export { wrapPublishError } from './ably/publishError.ts'
export { HistoryReader } from './ably/historyReader.ts'
export type * from './types/types.ts'
