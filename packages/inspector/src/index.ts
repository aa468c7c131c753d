export { defineInspector, inspect } from './element.ts'
export type { InspectorElement } from './element.ts'
export type { Publish } from './record/timeline.ts'
export type { Inspectable } from './watch/inspectable.ts'
