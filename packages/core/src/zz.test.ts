import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import { live } from '../test/world.ts'
test('replay', async () => {
  const worlds = JSON.parse(readFileSync('/tmp/laws-world.json', 'utf8'))
  await live(worlds[0], (m) => console.log(m))
})
