// Checks that a consumer's built server answers with a page.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from './midAnswer.mjs'

/** Runs a server on a free port until it has served a page that contains `text`. */
export async function checkPage(args, text) {
  const port = await freePort()
  const server = spawn(process.execPath, args, {
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1' },
    stdio: 'inherit',
  })
  const ended = once(server, 'exit')
  try {
    const html = await Promise.race([
      page(`http://127.0.0.1:${port}/`),
      ended.then(([code]) =>
        Promise.reject(new Error(`unable to serve a page; the server ended with ${code}`)),
      ),
    ])
    if (!html.includes(text)) throw new Error(`unable to find ${text} in the page; it is ${html}`)
    console.log('seen: a page rendered on the server')
  } finally {
    server.kill()
    await ended
  }
}

async function page(url) {
  for (;;) {
    const response = await fetch(url).catch(() => undefined)
    if (response) return response.text()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
