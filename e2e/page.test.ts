import { describe, expect, test } from 'vitest'
import { Realtime } from 'ably'
import { screenshot } from './browser.ts'
import { Chat, fronts } from './chat.ts'
import { startDemo } from './demo.ts'
import { useBrowser, useDemo } from './stage.ts'
import { answers } from './truth.ts'

// What the pages themselves promise: nothing that arrives breaks them, and what is broken shows.

const person = useBrowser()
const demo = useDemo()
const forgetful = useDemo('forgetful')

/** Publishes into a conversation in the agent's name: what a model says is no safer than what a stranger does. */
async function publisher(chat: Chat) {
  const { pathname } = new URL(chat.page.url())
  const id = pathname.split('/').at(-1)!
  const broker = await demo.model.broker()
  const client = new Realtime({
    ...broker,
    clientId: 'agent',
    endpoint: '127.0.0.1',
    tls: false,
    logLevel: 0,
  })
  return {
    publish: (responseId: string, data: string) =>
      client.channels
        .get(`ai:${id}`)
        .publish({ name: 'agent-response', data, extras: { headers: { responseId } } }),
    close: () => client.close(),
  }
}

describe.each(fronts)('%s', (front) => {
  test('text that has frozen or ended pages leaves this one as it was', async () => {
    const { context, complaints } = await person({ format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { publish, close } = await publisher(chat)
    await publish('first', 'a first answer')
    for (const [at, unit] of ['>', '**a*b_', '\\', '[a](b', '- ', '`a``', '|a'].entries())
      await publish(`hostile-${at}`, unit.repeat(8000))
    await publish('last', 'a **last** answer')
    await chat.page.locator('.answer strong').filter({ hasText: 'last' }).waitFor()
    expect(await chat.page.locator('.answer').count()).toBe(9)
    expect((await chat.page.locator('.answer').nth(1).innerText()).includes('>'.repeat(100))).toBe(true)
    await chat.page.reload()
    await chat.hydrated()
    await chat.page.locator('.answer strong').filter({ hasText: 'last' }).waitFor()
    expect(complaints).toEqual([])
    close()
    await context.close()
  })

  test('characters with names, and addresses in other scripts, are what they mean', async () => {
    const { context, complaints } = await person({ format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { publish, close } = await publisher(chat)
    const source = '&copy; &semi; &ngE; &Dcaron; | &notit; &nosuch; &copy'
    await publish(
      'names',
      `${source} [&amp;](https://bücher.example/ä?a=b&amp;c=d "&quot;e&quot;") 「**あ**」`,
    )
    await chat.page.locator('.answer a').waitFor()
    const shown = await chat.answer.locator('.rendered p').innerText()
    expect(shown).toBe('© ; ≧̸ Ď | &notit; &nosuch; &copy & 「あ」')
    const { href, title } = await chat.page
      .locator('.answer a')
      .evaluate((one: HTMLAnchorElement) => ({ href: one.href, title: one.title }))
    expect([href, title]).toEqual(['https://xn--bcher-kva.example/%C3%A4?a=b&c=d', '"e"'])
    expect(complaints).toEqual([])
    close()
    await context.close()
  })

  test('formulas of chemistry, and of packages of TeX, are rendered', async () => {
    const { context, complaints } = await person({ format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { publish, close } = await publisher(chat)
    await publish('formulas', String.raw`$\ce{2H2 + O2 -> 2H2O}$, $\pu{1 m/s}$, $\dv{f}{x}$, $\R$`)
    await expect.poll(() => chat.answer.locator('math').count()).toBe(4)
    expect(complaints).toEqual([])
    close()
    await context.close()
  })

  test('a table on a phone breaks no number, and one that is read from the right begins there', async () => {
    const { context } = await person({ viewport: { width: 390, height: 844 }, format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { publish, close } = await publisher(chat)
    const row = '| リーダー | 断片をつなぎ、欠けた部分を見つけて、すべてを埋める | 1234567 |'
    await publish('wide', `| 部分 | 役割 | KiB |\n|:--|:--|--:|\n${row}\n`)
    await publish('arabic', '| الجزء | KiB |\n|:--|--:|\n| القناة | 120 |\n')
    await chat.answers.nth(1).locator('table').waitFor()
    const lines = (cell: Element) => {
      const range = document.createRange()
      range.selectNodeContents(cell)
      return range.getClientRects().length
    }
    expect(await chat.answers.first().locator('td').last().evaluate(lines)).toBe(1)
    const gaps = await chat.answer.locator('td').evaluateAll((cells) =>
      cells.map((cell) => {
        const text = document.createRange()
        text.selectNodeContents(cell)
        const [inner, outer] = [text.getBoundingClientRect(), cell.getBoundingClientRect()]
        return [outer.right - inner.right, inner.left - outer.left].map(Math.round)
      }),
    )
    // The first begins at its right, the last ends at its left.
    expect([gaps[0]![0], gaps[1]![1]]).toEqual([0, 0])
    close()
    await context.close()
  })

  test('several answers at once are stopped together, from any place', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await demo.model.holdAt(100)
    await chat.ask(answers.openai.prompt)
    await chat.ask(answers.anthropic.prompt)
    await chat.button('Stop 2 answers').click()
    await chat.page.locator('.answer[data-status=stopped]').nth(1).waitFor()
    await chat.button('Stop 2 answers').waitFor({ state: 'detached' })
    await context.close()
  })

  test('a prompt that fails without a connection is sent when it is back', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, forgetful.url, 'message-per-response', front)
    const { back } = await chat.away('drop-long')
    await chat.waitForStatus(/Offline/)
    await chat.ask(answers.thinking.prompt)
    await chat.page.locator('.prompt[data-delivery=failed]').waitFor()
    await chat.button('Retry').waitFor()
    await back()
    await chat.completed()
    expect(await chat.page.locator('.prompt[data-delivery=sent]').count()).toBe(1)
    await context.close()
  })
})

test('an answer from the database is what the model wrote, and claims nothing else', async () => {
  const { context } = await person()
  const chat = await Chat.open(context, demo.url, 'message-per-response')
  await chat.ask(answers.thinking.prompt)
  await chat.page.locator('[data-fact=verified]').waitFor()
  await chat.page.reload()
  await chat.page.locator('[data-fact=verified]').waitFor()
  expect(await chat.page.locator('[data-fact=healed]').count()).toBe(0)
  await context.close()
})

test.each([
  ['a desk', { width: 1280, height: 860 }],
  ['a phone', { width: 390, height: 780 }],
])(
  '"Break it for me" tells six steps, beside what the snippet of the docs makes of them, on %s',
  async (_, viewport) => {
    // At a person's pace, as everybody sees it.
    const paced = await startDemo({ DEMO_STATE_TTL: '3000', DEMO_ORDERS_PORT: '' })
    const { context, complaints } = await person({ viewport, format: 'rendered' })
    const chat = await Chat.open(context, paced.url, 'message-per-response')
    if (viewport.width < 1000) await chat.button('Break it').click()
    await chat.button('Break it for me').click()
    await chat.page.locator('[data-gap]').first().waitFor()
    await expect.poll(() => chat.page.locator('[data-wrong]').getAttribute('data-wrong')).not.toBe('0')
    await screenshot(chat.page, `break-it-for-me-${viewport.width}`)
    await chat.button('Replay').waitFor()
    const states = await chat.page
      .locator('.steps li')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-state')))
    expect(states).toEqual(Array(6).fill('done'))
    await screenshot(chat.page, `break-it-for-me-${viewport.width}-done`)
    expect(complaints).toEqual([])
    await context.close()
    await paced.stop()
  },
)

test('pages come compressed', async () => {
  const page = await fetch(`${demo.url}/react/`, { headers: { 'accept-encoding': 'br' } })
  expect(page.headers.get('content-encoding')).toBe('br')
  const script = /src="([^"]+\.js)"/.exec(await page.text())![1]!
  const asset = await fetch(`${demo.url}${script}`, { headers: { 'accept-encoding': 'gzip' } })
  expect(asset.headers.get('content-encoding')).toBe('gzip')
})

test.each(fronts)('the whole page of %s weighs at most 250 KiB on its way', async (front) => {
  const accepts = { headers: { 'accept-encoding': 'br' } }
  const weigh = async (path: string) => {
    const answer = await fetch(`${demo.url}${path}`, accepts)
    expect(answer.ok).toBe(true)
    // `content-length` is that of the compressed body.
    return Number(answer.headers.get('content-length'))
  }
  const html = await (await fetch(`${demo.url}/${front}/`, accepts)).text()
  const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((found) => found[1]!)
  const weights = await Promise.all([`/${front}/`, ...parts].map(weigh))
  expect(weights.length).toBeGreaterThan(4)
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeLessThan(250 * 1024)
})
