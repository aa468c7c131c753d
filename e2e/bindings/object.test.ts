import { asObject, createAgent } from '@rejoin/agent'
import type { ResponseWriter } from '@rejoin/agent'
import { fromAISDK } from '@rejoin/agent/providers/ai-sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { objectStreams } from '../../packages/agent/test/objectModel.ts'
import type { Recipe } from '../../packages/agent/test/objectModel.ts'
import { Wire } from '../../packages/core/test/wire/wire.ts'
import { useBrowser } from '../stage.ts'
import type { Pages } from './pages.ts'
import { servePages } from './pages.ts'

// A structured object, from our writer and from the AI SDK: a reader in Chromium has each field as soon as it is written.

const person = useBrowser()
let pages: Pages
let wire: Wire
beforeAll(async () => {
  const body = () => '<button id="ask">Ask</button><pre id="shown"></pre>'
  ;[pages, wire] = await Promise.all([servePages(import.meta.dirname, ['object'], { body }), Wire.start()])
})
afterAll(async () => {
  pages?.close()
  await wire?.close()
})

/** Each is long enough to be worth a publish. */
const pieces = [
  '{"title":"A very good tomato so',
  'up for two people","steps":["Chop',
  ' the onions.","Boil it all, and st',
  'ir now and then."]}',
]
const title = 'A very good tomato soup for two people'
const grown = [
  { title: 'A very good tomato so' },
  { title, steps: ['Chop'] },
  { title, steps: ['Chop the onions.', 'Boil it all, and st'] },
]
const whole = { title, steps: ['Chop the onions.', 'Boil it all, and stir now and then.'] }

type Write = (response: ResponseWriter, text: AsyncIterable<string>) => Promise<unknown>

const writers: Record<string, Write> = {
  'response.object': async (response, text) => {
    const recipe = response.object<Recipe>('recipe')
    for await (const piece of text) recipe.append(piece)
    return recipe.end()
  },
}
for (const [name, stream] of Object.entries(objectStreams))
  writers[name] = (response, text) => response.pipe(asObject(fromAISDK(stream(text)), 'recipe'))

test.each(Object.entries(writers))(
  '%s: typed fields show while it grows, and after a reload',
  async (_, write) => {
    const channelName = wire.channelName()
    const waiting: (() => void)[] = []
    async function* told(): AsyncGenerator<string> {
      for (const piece of pieces) {
        yield piece
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    }
    const agent = createAgent({ client: wire.client({ clientId: 'agent' }), channelName })
    agent.onPrompt(async (_prompt, response) => {
      await write(response, told())
    })
    await agent.ready
    const { context, complaints } = await person()
    const page = await context.newPage()
    const { key, endpoint, port } = wire.server.clientOptions
    await page.goto(
      `${pages.url}/object.html?${new URLSearchParams({ key, endpoint, port: String(port), channel: channelName })}`,
    )
    await page.locator('body[data-ready]').waitFor()
    const shows = (status: string, data: object) =>
      expect
        .poll(async () => JSON.parse((await page.locator('#shown').textContent()) || '{}') as object)
        .toEqual({ status, data })
    await page.click('#ask')
    for (const data of grown) {
      await shows('streaming', data)
      await expect.poll(() => waiting).toHaveLength(1)
      waiting.shift()!()
    }
    await expect.poll(() => waiting).toHaveLength(1)
    waiting.shift()!()
    await shows('complete', whole)
    await page.reload()
    await shows('complete', whole)
    expect(complaints).toEqual([])
    await agent.close()
    await context.close()
  },
)
