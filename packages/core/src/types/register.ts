/** Tool names to their input and output, for typed tool parts. */
export type Tools = Record<string, { input: unknown; output: unknown }>

/** Data part names to their data, for typed data parts. */
export type DataTypes = Record<string, unknown>

/**
 * Declare tools and data here once, and their parts are typed wherever you render them:
 *
 * ```ts
 * declare module '@rejoin/core' {
 *   interface Register {
 *     tools: { weather: { input: { city: string }; output: { celsius: number } } }
 *     data: { chart: { points: number[] } }
 *   }
 * }
 * ```
 *
 * These are types only: tools and data that are not declared still arrive.
 */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/no-empty-interface -- filled by applications
export interface Register {}

// `Pick` gives an interface the index signature that `Tools` and `DataTypes` ask for.
/** The tools of `Register`; without them, any. */
export type RegisteredTools = Register extends { tools: infer T }
  ? Pick<T, keyof T> extends infer P extends Tools
    ? P
    : Tools
  : Tools

/** The data parts of `Register`; without them, any. */
export type RegisteredData = Register extends { data: infer D }
  ? Pick<D, keyof D> extends infer P extends DataTypes
    ? P
    : DataTypes
  : DataTypes
