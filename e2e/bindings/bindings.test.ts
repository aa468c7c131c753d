import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Serve } from '../../packages/core/test/bindings/run.ts'
import { served } from '../../packages/core/test/bindings/run.ts'
import { scenarios } from '../../packages/core/test/bindings/scenarios.ts'
import { Stage } from '../../packages/core/test/bindings/stage.ts'
import { Wire } from '../../packages/core/test/wire/wire.ts'
import { serve as serveReact } from '../../packages/react/test/serve.tsx'
import { serve as serveSvelte } from '../../packages/svelte/test/serve.ts'
import { serve as serveVue } from '../../packages/vue/test/serve.ts'
import { useBrowser } from '../stage.ts'
import type { Pages } from './pages.ts'
import { servePages } from './pages.ts'

const person = useBrowser()
let pages: Pages
beforeAll(async () => {
  pages = await servePages()
})
afterAll(() => pages?.close())

const rounds: [name: string, framework: string, serve: Serve, strict: boolean][] = [
  ['React', 'react', serveReact, false],
  ['React in StrictMode', 'react', serveReact, true],
  ['Vue', 'vue', serveVue, false],
  ['Svelte', 'svelte', serveSvelte, false],
]

describe.each(rounds)('%s, in Chromium', (_, framework, serve, strict) => {
  let wire: Wire
  let stage: Stage
  let complaints: string[]
  beforeAll(async () => {
    wire = await Wire.start({ connectionStateTtl: 60_000 })
    const { context, complaints: found } = await person()
    complaints = found
    const page = await context.newPage()
    const { key, endpoint, port } = wire.server.clientOptions
    const where = new URLSearchParams({ key, endpoint, port: String(port) })
    await page.goto(`${pages.url}/${framework}.html?${where}`)
    const host = await page.evaluateHandle(() => window.host)
    stage = new Stage(wire, (task, argument) => host.evaluate(task as never, argument) as never, {
      layout: true,
      strict,
      serve: (view, props, rows) => serve(view, props, served(wire, view, rows)),
    })
  })
  afterEach(async () => {
    await stage.finish()
    expect(complaints.splice(0)).toEqual([])
  })
  afterAll(() => wire?.close())

  for (const scenario of scenarios) test(scenario.name, () => scenario.run(stage))
})
