import { setTimeout } from 'node:timers/promises'
import { freePort } from '../../packages/postgres/test/freePort.ts'
import { installed, Program, type Engine } from './engine.ts'

// WebKitGTK's MiniBrowser over WebDriver, on a virtual display.

const lib = '/usr/lib/x86_64-linux-gnu'
const programs = {
  'webkit2gtk-driver': installed('WebKitWebDriver'),
  MiniBrowser: installed(
    'MiniBrowser',
    ...['6.0', '4.1', '4.0'].map(
      (version) => `${lib}/webkit${version === '6.0' ? '' : '2'}gtk-${version}/MiniBrowser`,
    ),
  ),
  xvfb: installed('Xvfb'),
  dbus: installed('dbus-run-session'),
}

export const webkit = {
  name: 'WebKitGTK',
  missing: Object.entries(programs).flatMap(([name, path]) => (path ? [] : [name])),
  start,
}

async function start(): Promise<Engine> {
  const display = new Program(programs.xvfb!, [
    '-displayfd',
    '1',
    '-screen',
    '0',
    '1280x900x24',
    '-nolisten',
    'tcp',
  ])
  const number = await display.prints(/^(\d+)\n/)
  const port = await freePort()
  const driver = new Program(
    programs.dbus!,
    ['--', programs['webkit2gtk-driver']!, `--port=${port}`, '--host=127.0.0.1'],
    {
      env: {
        ...process.env,
        DISPLAY: `:${number}`,
        GDK_BACKEND: 'x11',
        LIBGL_ALWAYS_SOFTWARE: '1',
        // Its sandbox cannot be made by root, nor within most containers.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
        WEBKIT_FORCE_SANDBOX: '0',
      },
    },
  )
  const call = async <V>(method: string, path: string, body?: object): Promise<V> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const { value } = (await response.json()) as { value: V & { error?: string; message?: string } }
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`)
    return value
  }
  await listening(port)
  const { sessionId, capabilities } = await call<{
    sessionId: string
    capabilities: { browserVersion: string }
  }>('POST', '/session', {
    capabilities: {
      alwaysMatch: { 'webkitgtk:browserOptions': { binary: programs.MiniBrowser, args: ['--automation'] } },
    },
  })
  const session = `/session/${sessionId}`
  await call('POST', `${session}/window/rect`, { width: 1280, height: 860 }).catch(() => {})
  return {
    version: `WebKitGTK ${capabilities.browserVersion}`,
    goto: (url) => call('POST', `${session}/url`, { url }),
    evaluate: async <V>(expression: string) => {
      const script = `const done = arguments[arguments.length - 1]
        Promise.resolve().then(() => (${expression})).then((value) => done(JSON.stringify(value) ?? null))`
      const text = await call<string | null>('POST', `${session}/execute/async`, { script, args: [] })
      return (text === null ? undefined : JSON.parse(text)) as V
    },
    screenshot: async () => Buffer.from(await call<string>('GET', `${session}/screenshot`), 'base64'),
    close: async () => {
      await call('DELETE', session).catch(() => {})
      await driver.stop()
      await display.stop()
    },
  }
}

/** The driver prints nothing when it is ready, so it is asked until it answers. */
async function listening(port: number): Promise<void> {
  for (let left = 600; ; left--)
    try {
      await fetch(`http://127.0.0.1:${port}/status`)
      return
    } catch (error) {
      if (left === 0) throw error
      await setTimeout(100)
    }
}
