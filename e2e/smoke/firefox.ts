import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import WebSocket from 'ws'
import { installed, Program, type Engine } from './engine.ts'

// Firefox as its distribution builds it, over WebDriver BiDi, which Playwright's own builds would not need.

const binary = installed('firefox-esr', 'firefox')

export const firefox = {
  name: 'Firefox',
  missing: binary ? [] : ['firefox-esr'],
  start,
}

async function start(): Promise<Engine> {
  const profile = mkdtempSync(join(tmpdir(), 'rejoin-firefox-'))
  writeFileSync(
    join(profile, 'user.js'),
    // It looks for updates and experiments nowhere, and asks nothing.
    [
      'user_pref("app.normandy.enabled", false);',
      'user_pref("app.update.enabled", false);',
      'user_pref("browser.shell.checkDefaultBrowser", false);',
      'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
      'user_pref("network.captive-portal-service.enabled", false);',
      'user_pref("network.connectivity-service.enabled", false);',
      'user_pref("services.settings.server", "");',
      'user_pref("toolkit.telemetry.enabled", false);',
    ].join('\n'),
  )
  const args = [
    '--headless',
    '--no-remote',
    '--profile',
    profile,
    '--remote-debugging-port',
    '0',
    'about:blank',
  ]
  const program = new Program(binary!, args)
  const url = await program.prints(/WebDriver BiDi listening on (ws:\S+)/)
  const bidi = await Bidi.connect(`${url}/session`)
  const { capabilities } = await bidi.send<{ capabilities: { browserVersion: string } }>('session.new', {
    capabilities: {},
  })
  const { contexts } = await bidi.send<{ contexts: { context: string }[] }>('browsingContext.getTree', {})
  const { context } = contexts[0]!
  await bidi.send('browsingContext.setViewport', { context, viewport: { width: 1280, height: 860 } })
  return {
    version: `Firefox ${capabilities.browserVersion}`,
    goto: async (to) =>
      void (await bidi.send('browsingContext.navigate', { context, url: to, wait: 'complete' })),
    evaluate: async <V>(expression: string) => {
      const answer = await bidi.send<{ result?: { value?: string }; exceptionDetails?: { text: string } }>(
        'script.evaluate',
        { expression: `JSON.stringify(${expression})`, target: { context }, awaitPromise: true },
      )
      if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.text)
      return (answer.result?.value === undefined ? undefined : JSON.parse(answer.result.value)) as V
    },
    screenshot: async () => {
      const { data } = await bidi.send<{ data: string }>('browsingContext.captureScreenshot', { context })
      return Buffer.from(data, 'base64')
    },
    close: async () => {
      bidi.close()
      await program.stop()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Commands and their answers. */
class Bidi {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #count = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    // A browser that is gone answers nothing any more.
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Firefox is gone'))
    })
    socket.on('message', (data: Buffer) => {
      const { id, type, result, error, message } = JSON.parse(data.toString()) as {
        id?: number
        type: string
        result?: unknown
        error?: string
        message?: string
      }
      const waiting = id === undefined ? undefined : this.#waiting.get(id)
      if (id === undefined || !waiting) return
      this.#waiting.delete(id)
      if (type === 'success') waiting.resolve(result)
      else waiting.reject(new Error(`${error}: ${message}`))
    })
  }

  static async connect(url: string): Promise<Bidi> {
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return new Bidi(socket)
  }

  send<R>(method: string, params: object): Promise<R> {
    const id = ++this.#count
    this.#socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  close(): void {
    this.#socket.close()
  }
}
