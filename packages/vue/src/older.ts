export { useOlder } from './useOlder.ts'
export type { Older } from './useOlder.ts'
