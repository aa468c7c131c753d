import { fileURLToPath } from 'node:url'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { violations } from '../axe.ts'
import { servePages, type Pages } from '../bindings/pages.ts'
import { screenshot, type BrowserContext, type Page } from '../browser.ts'
import { useBrowser } from '../stage.ts'

// The element in real pages, under a strict Content-Security-Policy: in each framework and by a script tag.

const source = fileURLToPath(new URL('../../packages/inspector/src/global.ts', import.meta.url))
const body = (name: string) => `<main>
  <h1>A page that is inspected</h1>
  ${name === 'script' ? '<rejoin-inspector></rejoin-inspector>' : '<div id="app"></div>'}
</main>`

const person = useBrowser()
let server: LocalAbly
let pages: Pages
let client: Ably.Realtime
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [source],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'RejoinInspector',
    conditions: ['@rejoin/source'],
  })
  const more = { '/inspector.global.js': outputFiles[0]!.text }
  ;[server, pages] = await Promise.all([
    startLocalAbly({ port: 0, connectionStateTtl: 60_000 }),
    servePages(import.meta.dirname, ['react', 'vue', 'svelte', 'script'], { body, more }),
  ])
  client = new Ably.Realtime({ ...server.clientOptions, clientId: 'agent', logLevel: 0 })
})
afterAll(async () => {
  pages?.close()
  client?.close()
  await server?.close()
})

let channels = 0

/** A page with the inspector, and an agent of plain SDK calls. */
async function open(name: string, context: BrowserContext) {
  const channelName = `ai:inspector-${++channels}`
  const channel = client.channels.get(channelName)
  const say = (text: string, end: number, name = 'token') =>
    channel.publish({ name, data: text, extras: { headers: { responseId: 'answer-1', end: `${end}` } } })
  await channel.presence.enter()
  await say('Long ', 5)
  const page = await context.newPage()
  const { key, endpoint, port } = server.clientOptions
  const where = new URLSearchParams({ key, endpoint, port: String(port), channel: channelName })
  await page.goto(`${pages.url}/${name}.html?${where}`)
  await row(page, 'live').waitFor()
  await row(page, 'agent').waitFor()
  return { page, say, channel }
}

const row = (page: Page, what: string) =>
  page.locator('rejoin-inspector li').filter({ has: page.locator(`.what:text-is("${what}")`) })

/** A gap, a stranger, a mark, and the connection lost and back. */
async function trouble({ page, say }: Awaited<ReturnType<typeof open>>) {
  // On a slow machine, more than half a minute passes until the last of it shows.
  await page.getByLabel('Time shown').selectOption('5 minutes')
  for (let i = 1; i <= 30; i++) await say('word ', 5 + 5 * i)
  await page.evaluate(() => document.querySelector('rejoin-inspector')!.mark('Lost a message'))
  await say('after the gap', 200)
  await row(page, 'gap').waitFor()
  await page.locator('rejoin-inspector [data-span=gap].open').waitFor()
  const stranger = new Ably.Realtime({ ...server.clientOptions, clientId: 'mallory', logLevel: 0 })
  const channel = stranger.channels.get(
    await page.evaluate(() => new URL(location.href).searchParams.get('channel')!),
  )
  await channel.publish({ name: 'token', data: '<b>Lies</b>', extras: { headers: { responseId: 'x' } } })
  stranger.close()
  await row(page, 'untrusted').waitFor()
  await page.evaluate(() => window.session.sendMessage({ text: 'And then?' }))
  await row(page, 'prompt').waitFor()
  for (const fate of ['arrived', 'past', 'ignored', 'stored'])
    await page.locator(`rejoin-inspector [data-fate=${fate}]`).first().waitFor()
}

describe.each(['react', 'vue', 'svelte', 'script'])('%s', (name) => {
  test('what happens is shown: messages, the past, a gap until it heals, a stranger, a prompt, a mark', async () => {
    const { context, complaints } = await person()
    const world = await open(name, context)
    const { page, say } = world
    await trouble(world)
    const whole = `Long ${'word '.repeat(30)}${'and what was lost: a clause, '.padEnd(32)}after the gap`
    await say(whole, 200, 'response-complete')
    await row(page, 'healed').waitFor()
    await page.locator('rejoin-inspector [data-span=gap].closed').waitFor()
    await page.locator('rejoin-inspector [data-mark="Lost a message"]').waitFor()
    await screenshot(page, `inspector-${name}`)
    expect(complaints).toEqual([])
    await context.close()
  })
})

test.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)(
  'axe finds nothing, %s at %i pixels, and nothing is wider than the page',
  async (colorScheme, width) => {
    const viewport = { width, height: 860 }
    const { context, complaints } = await person({ colorScheme, viewport, bypassCSP: true })
    const world = await open('script', context)
    const { page } = world
    await trouble(world)
    expect(await violations(page)).toEqual([])
    await row(page, 'ignored').locator('summary').click()
    await row(page, 'ignored').locator('pre').waitFor()
    expect(await violations(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await screenshot(page, `inspector-${colorScheme}-${width}`)
    expect(complaints).toEqual([])
    await context.close()
  },
)

test('with the keyboard alone: pause, choose, open a row to its message, fold', async () => {
  const { context, complaints } = await person()
  const { page } = await open('script', context)
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement?.shadowRoot?.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent
    })
  const tabTo = async (what: string | RegExp) => {
    const seen: unknown[] = []
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab')
      const now = await focused()
      if (typeof what === 'string' ? now === what : what.test(now ?? '')) return
      seen.push(now)
    }
    throw new Error(`unable to reach ${what} with the keyboard; went by ${seen.join(', ')}`)
  }
  await tabTo('Pause')
  await page.keyboard.press('Space')
  await page.locator('rejoin-inspector button[aria-pressed=true]').waitFor()
  await page.keyboard.press('Space')
  await tabTo('Rows shown')
  await page.keyboard.press('t')
  await page.locator('rejoin-inspector ol[data-show=trouble]').waitFor()
  await page.keyboard.press('Home')
  await page.locator('rejoin-inspector ol[data-show=all]').waitFor()
  await tabTo(/history/)
  await page.keyboard.press('Enter')
  await row(page, 'history').locator('pre').first().waitFor()
  expect(await row(page, 'history').locator('pre').first().innerText()).toContain('"data": "Long "')
  while ((await focused()) !== 'Rejoin inspector') await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  expect(await page.locator('rejoin-inspector ol').isVisible()).toBe(false)
  expect(complaints).toEqual([])
  await context.close()
})

test('docked, it is folded in the corner and covers nothing else', async () => {
  const { context, complaints } = await person()
  const world = await open('script', context)
  const { page } = world
  await page.evaluate(() => {
    document.querySelector('rejoin-inspector')!.remove()
    const { inspect } = (window as unknown as { RejoinInspector: typeof import('@rejoin/inspector') })
      .RejoinInspector
    inspect(window.session)
  })
  const fold = page.getByRole('button', { name: 'Rejoin inspector' })
  expect(await fold.getAttribute('aria-expanded')).toBe('false')
  const { width, height } = (await page.locator('rejoin-inspector section').boundingBox())!
  expect(width).toBeLessThan(320)
  expect(height).toBeLessThan(60)
  await fold.click()
  await row(page, 'live').waitFor()
  await screenshot(page, 'inspector-docked')
  expect(complaints).toEqual([])
  await context.close()
})
