// Finds a Chromium for the browser tests; on Debian, as root, installs one. Prints its path.
// The headless shell comes first: the same engine without the browser's own window, which a desktop Chromium builds for
// every profile, and which cost as much as the tests (0.9 s of CPU time for each profile; the shell 0.1).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const names = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
]
const { env, platform } = process

const places = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA]
    .filter(Boolean)
    .flatMap((folder) => [
      join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]),
}

/** The path of a Chromium, or undefined. */
export function findChromium() {
  if (env.CHROME_PATH) {
    if (existsSync(env.CHROME_PATH)) return env.CHROME_PATH
    throw new Error(
      `unable to find CHROME_PATH=${env.CHROME_PATH}; correct it, or unset it to look elsewhere`,
    )
  }
  const files = platform === 'win32' ? names.map((name) => `${name}.exe`) : names
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => files.map((name) => join(folder, name)))
  return [...onPath, ...(places[platform] ?? [])].find((file) => existsSync(file))
}

/** As `findChromium`, but installs one where that needs no question, and throws with the cure where it does. */
export function ensureChromium() {
  const found = findChromium()
  if (found) return found
  if (platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.error('No Chromium found: installing it (this takes a minute).')
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    }
    spawnSync('apt-get', ['update'], options)
    // Older releases have no package of the shell.
    for (const name of ['chromium-headless-shell', 'chromium']) {
      spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', name], options)
      const installed = findChromium()
      if (installed) return installed
    }
  }
  throw new Error(
    platform === 'linux'
      ? 'unable to find Chromium; install it (Debian and Ubuntu: `sudo apt-get install chromium`), or set CHROME_PATH to a Chrome or Chromium'
      : 'unable to find Chrome; install it from https://www.google.com/chrome, or set CHROME_PATH to a Chrome or Chromium',
  )
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(ensureChromium())
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
