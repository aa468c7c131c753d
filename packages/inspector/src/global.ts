import { defineInspector } from './element.ts'

// The bundle for a <script> tag: the element is there once it has loaded.
defineInspector()

export { inspect } from './element.ts'
