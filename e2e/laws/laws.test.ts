import { fileURLToPath } from 'node:url'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { build } from 'esbuild'
import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { liveOnWire, wireWorlds, type OpenWatcher } from '../../packages/core/test/wire/wireWorld.ts'
import { testPatience } from '../../packages/core/test/patience.ts'
import type { Page } from '../browser.ts'
import { useBrowser } from '../stage.ts'
import type { Api } from './reader.ts'

const numRuns = Number(process.env.WIRE_RUNS ?? 25)

const person = useBrowser()
let server: LocalAbly
let page: Page

beforeAll(async () => {
  server = await startLocalAbly({ port: 0, connectionStateTtl: 2_000 })
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('reader.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    conditions: ['@rejoin/source'],
    define: { global: 'globalThis' },
  })
  const { context } = await person()
  page = await context.newPage()
  await page.goto(server.url)
  await page.addScriptTag({ content: bundle.outputFiles[0]!.text })
})

afterAll(async () => {
  await server?.close()
})

let count = 0

const open: OpenWatcher = async (channelName, { way, limit, binary }) => {
  const clientOptions = {
    ...server.clientOptions,
    clientId: `reader-${++count}`,
    useBinaryProtocol: binary,
    disconnectedRetryTimeout: 100,
    logLevel: 0,
  }
  const responseIds = [0, 1].map((i) => `${channelName}/${i}`)
  const opening = { channelName, clientOptions, way, limit, responseIds }
  const reader = await page.evaluate(
    (o) => (globalThis as unknown as { reader: Api }).reader.open(o),
    opening,
  )
  return {
    states: (id) =>
      page.evaluate(
        ([r, i]) => (globalThis as unknown as { reader: Api }).reader.states(r as number, i as string),
        [reader, id],
      ),
    close: () => page.evaluate((r) => (globalThis as unknown as { reader: Api }).reader.close(r), reader),
  }
}

test(
  'laws 1, 2, 4 and 5 in Chromium: both patterns, both encodings, every way in, while things break',
  () =>
    fc.assert(
      fc.asyncProperty(wireWorlds, (world) => liveOnWire(server, `ai:laws-${++count}`, world, open)),
      { numRuns, endOnFailure: true },
    ),
  testPatience + numRuns * 10_000,
)
