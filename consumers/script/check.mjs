// A page with nothing but <script> tags streams a conversation, under a strict Content-Security-Policy and with
// integrity hashes: once with Ably's own bundle, once with ours that carries it. So does the page of the documentation,
// also where it is reloaded in mid-answer.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createAgent } from '@rejoin/agent'
import { startLocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import { chromium } from 'playwright-core'

const { ensureChromium } = await import(
  pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', 'chromium.mjs')).href
)
const scripts = {
  '/ably.js': readFileSync('node_modules/ably/build/ably.min.js'),
  '/rejoin.js': readFileSync('node_modules/@rejoin/core/dist/rejoin.global.js'),
  '/rejoin.all.js': readFileSync('node_modules/@rejoin/core/dist/rejoin.all.global.js'),
  '/page.js': readFileSync('page.js'),
}
const answer = 'Whole, in order, and from nothing but two tags.'

const ably = await startLocalAbly({ port: 0 })
const agentClient = new Ably.Realtime({ ...ably.clientOptions, clientId: 'agent' })
const server = createServer(respond).listen(0, '127.0.0.1')
await once(server, 'listening')
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
})
try {
  await tryPage('two', ['/ably.js', '/rejoin.js', '/page.js'])
  await tryPage('one', ['/rejoin.all.js', '/page.js'])
  await tryDocumented()
} finally {
  await browser.close()
  server.close()
  agentClient.close()
  await ably.close()
}

function tag(path) {
  const hash = createHash('sha384').update(scripts[path]).digest('base64')
  return `<script defer src="${path}" integrity="sha384-${hash}"></script>`
}

function respond({ url }, response) {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  if (scripts[pathname]) {
    response.setHeader('content-type', 'text/javascript')
    return response.end(scripts[pathname])
  }
  const clientOptions = { ...ably.clientOptions, clientId: 'reader' }
  response.setHeader('content-type', 'text/html')
  if (pathname === '/documented') return response.end(documented(clientOptions))
  const options = {
    clientOptions,
    channelName: searchParams.get('channel'),
  }
  response.setHeader(
    'content-security-policy',
    "default-src 'none'; script-src 'self'; connect-src ws://127.0.0.1:* http://127.0.0.1:* ws://localhost:* http://localhost:*; require-trusted-types-for 'script'",
  )
  response.end(`<!doctype html><title>Script tags</title>
    <script type="application/json" id="options">${JSON.stringify(options)}</script>
    ${(searchParams.get('tags') ?? '').split(',').map(tag).join('')}
    <ul id="messages"></ul><form><input name="prompt"></form>`)
}

/** The page of docs/getting-started.md, with this server's scripts and the local server's options. */
function documented(clientOptions) {
  const guide = readFileSync(join(process.env.REJOIN_ROOT, 'docs', 'getting-started.md'), 'utf8')
  const [, page] = /```html\n(<!doctype html>[^]+?)```/.exec(guide)
  return page
    .replace(/src="[^"]*ably[^"]*"/, 'src="/ably.js"')
    .replace(/src="[^"]*rejoin[^"]*"/, 'src="/rejoin.js"')
    .replace("{ authUrl: '/api/ably-token' }", JSON.stringify(clientOptions))
}

/** A promise that others resolve. */
function gate() {
  let open
  const opened = new Promise((resolve) => (open = resolve))
  return { opened, open }
}

/** After a reload, the page hears its agent before it has read history, as it does where tokens never pause. */
async function tryDocumented() {
  const [attached, heard, done] = [gate(), gate(), gate()]
  createAgent({ client: agentClient, channelName: 'ai:chat' }).onPrompt(async (_prompt, response) => {
    response.append(answer.slice(0, 9))
    await attached.opened
    response.append(answer.slice(9, 20))
    await done.opened
    response.append(answer.slice(20))
  })
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${server.address().port}/documented`)
  await page.getByLabel('Your question').fill('How?')
  await page.keyboard.press('Enter')
  await page.getByText(answer.slice(0, 9)).waitFor()
  await page.route(/\/messages\?/, async (route) => {
    attached.open()
    await heard.opened
    await route.continue()
  })
  await page.reload()
  await page.getByText(answer.slice(9, 20).trim()).waitFor()
  heard.open()
  await page.getByText('How?').waitFor()
  done.open()
  await page.getByText(answer).waitFor()
  const lines = await page.locator('p').allTextContents()
  if (lines.join('|') !== `How?|${answer}`) throw new Error(`the page shows ${JSON.stringify(lines)}`)
  console.log("seen: the documentation's page, in order over a reload")
}

async function tryPage(name, tags) {
  const channelName = `ai:${name}`
  createAgent({ client: agentClient, channelName }).onPrompt(async (_prompt, response) => {
    for (const word of answer.split(/(?= )/)) {
      response.append(word)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  const page = await browser.newPage()
  const problems = []
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.goto(`http://127.0.0.1:${server.address().port}/?channel=${channelName}&tags=${tags.join(',')}`)
  await page.fill('input', 'How?')
  await page.press('input', 'Enter')
  try {
    await page.waitForSelector('li[data-status="complete"]', { timeout: 20_000 })
    const lines = await page.locator('li').allTextContents()
    if (lines.join('|') !== `How?|${answer}`) problems.push(`it shows ${JSON.stringify(lines)}`)
  } catch (error) {
    problems.push(error.message)
  }
  if (problems.length)
    throw new Error(`unable to stream with the tags ${tags.join(' ')}; ${problems.join('\n')}`)
  console.log(`seen: ${tags.join(' ')}`)
  await page.close()
}
