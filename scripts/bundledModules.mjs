// For the consumers that are bundles: what a page does not use did not arrive.
import { readFileSync } from 'node:fs'

/** Judges a bundle of a page with a reader and a binding, by its source map. */
export function checkBundle(map) {
  const { sources } = JSON.parse(readFileSync(map, 'utf8'))
  const ours = sources.filter((source) => source.includes('@rejoin'))
  const expected = (what, right) => {
    if (!right) throw new Error(`unable to accept the bundle; ${what}: ${ours.join(', ')}`)
  }
  const has = (pattern) => ours.some((source) => pattern.test(source))
  expected('it has no reader', has(/core\/(src|dist)\/(session|index)\./))
  expected('it has the agent', !has(/\/agent\//))
  expected('it has the providers', !has(/\/providers\//))
  expected('it has the adapters', !has(/\/ai-(sdk|transport)\//))
  console.log('seen: a bundle without the agent, the providers and the adapters')
}
