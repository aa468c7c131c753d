// What is built holds our code, once, and none of what the page does not use.
import { readFileSync, readdirSync } from 'node:fs'

const map = readdirSync('dist/assets').find((name) => name.endsWith('.js.map'))
const { sources } = JSON.parse(readFileSync(`dist/assets/${map}`, 'utf8'))
const ours = sources.filter((source) => source.includes('@rejoin'))
const expected = (what, right) => {
  if (right) return
  throw new Error(`unable to accept the bundle; ${what}: ${ours.join(', ')}`)
}
expected(
  'it has no reader',
  ours.some((source) => /core\/(src|dist)\/(session|index)\./.test(source)),
)
expected('it has the agent', !ours.some((source) => source.includes('/agent/')))
expected('it has the providers', !ours.some((source) => source.includes('/providers/')))
console.log(`${ours.length} modules of ours in the bundle`)
