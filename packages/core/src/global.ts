/** The script bundle `rejoin.global.js`: everything the reader exports, as the global `Rejoin`. */
export * from './index.ts'
