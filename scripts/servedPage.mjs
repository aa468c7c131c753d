// Checks that a consumer's built server answers with a page.
import { freePort, reachable, startProgram } from './programs.mjs'

/** Runs a server on a free port until it has served a page that contains `text`. */
export async function checkPage(args, text) {
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}/`
  const server = await startProgram(args, { PORT: port, HOST: '127.0.0.1' }, (signal) =>
    reachable(url, signal),
  )
  try {
    const html = await (await fetch(url)).text()
    if (!html.includes(text)) throw new Error(`unable to find ${text} in the page; it is ${html}`)
    console.log('seen: a page rendered on the server')
  } finally {
    await server.kill()
  }
}
