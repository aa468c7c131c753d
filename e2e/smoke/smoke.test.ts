import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAgent } from '@rejoin/agent'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { servePages, type Pages } from '../bindings/pages.ts'
import { startDemo, type Demo } from '../demo.ts'
import { answers } from '../truth.ts'
import type { Engine } from './engine.ts'
import { firefox } from './firefox.ts'
import { webkit } from './webkit.ts'

// Reader, session, inspector and demo in other engines, where they are installed:
// apt-get install firefox-esr webkit2gtk-driver xvfb dbus

const screenshots = join(import.meta.dirname, '..', 'screenshots')

for (const { name, missing, start } of [firefox, webkit]) {
  const installed = missing.length === 0
  describe.skipIf(!installed)(installed ? name : `${name}, not installed: ${missing.join(', ')}`, () => {
    let engine: Engine
    let server: LocalAbly
    let pages: Pages
    beforeAll(async () => {
      ;[engine, server, pages] = await Promise.all([
        start(),
        startLocalAbly({ port: 0 }),
        servePages(import.meta.dirname, ['page'], {
          body: () => '<main><h1>A reader and a session</h1></main>',
        }),
      ])
    })
    afterAll(async () => {
      await engine?.close()
      pages?.close()
      await server?.close()
    })

    const shown = async (what: string) => {
      mkdirSync(screenshots, { recursive: true })
      writeFileSync(join(screenshots, `smoke-${name}-${what}.png`), await engine.screenshot())
    }
    const until = (expression: string, value: unknown) =>
      expect.poll(() => engine.evaluate(expression)).toEqual(value)

    test('a reader and a session: joined in the middle, a gap, healed, verified; a prompt goes out', async () => {
      const channelName = 'ai:smoke'
      const client = new Ably.Realtime({ ...server.clientOptions, clientId: 'agent', logLevel: 0 })
      const agent = createAgent({ client, channelName })
      const prompts: string[] = []
      agent.onPrompt((prompt) => void prompts.push(prompt.text))
      await agent.ready
      const response = agent.respond({ responseId: 'r1' })
      const say = async (...words: string[]) => {
        for (const word of words) {
          response.append(word)
          await response.flush()
        }
      }
      await say('The ', 'quick ', 'brown ')
      const { key, endpoint, port } = server.clientOptions
      await engine.goto(
        `${pages.url}/page.html?${new URLSearchParams({ key, endpoint, port: String(port), channel: channelName })}`,
      )
      for (const one of ['session', 'reader']) {
        await until(`window.${one}.getSnapshot().status`, 'live')
        await until(`window.${one}.getResponse('r1')?.text`, 'The quick brown ')
      }
      server.faults.refuse({ times: 1, match: { action: 'append' } })
      await say('fox ', 'jumps ', '– 日本語 مرحبا 🦊.')
      const { recovered, failures } = await response.end()
      expect({ recovered, failures }).toEqual({ recovered: true, failures: 1 })
      const whole = 'The quick brown fox jumps – 日本語 مرحبا 🦊.'
      for (const one of ['session', 'reader'])
        await until(
          `(({ text, status, hasGap, verified } = {}) => [text, status, hasGap, verified])(window.${one}.getResponse('r1'))`,
          [whole, 'complete', false, true],
        )
      expect(await engine.evaluate('window.events.filter((event) => event.startsWith("error"))')).toEqual([])
      await engine.evaluate('window.session.sendMessage({ text: "And then?" }).then(() => 1)')
      await expect.poll(() => prompts).toEqual(['And then?'])
      // The inspector tells the same, and its picture has its own styles.
      const root = 'document.querySelector("rejoin-inspector").shadowRoot'
      await until(`${root}.querySelector('li[data-kind=finish]') !== null`, true)
      await until(`${root}.querySelector('[data-fate=arrived]') !== null`, true)
      expect(await engine.evaluate(`getComputedStyle(${root}.querySelector('section')).display`)).toBe('flex')
      expect(
        await engine.evaluate(`getComputedStyle(${root}.querySelector('section')).backgroundColor`),
      ).toMatch(/^rgb/)
      await shown('inspector')
      await agent.close()
      client.close()
    })

    describe('the demo', () => {
      let demo: Demo
      beforeAll(async () => {
        demo = await startDemo()
      })
      afterAll(() => demo?.stop())

      test.each(['react', 'vue', 'script'])(
        '%s: asked, answered to the last character, reloaded',
        async (front) => {
          const { prompt, text } = answers.openai
          await engine.goto(`${demo.url}/${front}/`)
          await until('document.querySelector("[data-hydrated=true]") !== null', true)
          // What the model wrote is compared character for character: Markdown would hide some of them.
          await engine.evaluate('localStorage.setItem("rejoin-format", "source")')
          await engine.goto(`${demo.url}/${front}/`)
          await until('document.querySelector("[data-hydrated=true]") !== null', true)
          await until('document.querySelector(".status")?.textContent.includes("Live")', true)
          const before = await engine.evaluate<number>('document.querySelectorAll(".answer").length')
          await engine.evaluate(`(() => {
          const box = document.querySelector('textarea[aria-label="Your message"]')
          box.value = ${JSON.stringify(prompt)}
          box.dispatchEvent(new InputEvent('input', { bubbles: true }))
          box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
        })()`)
          const answer = `[...document.querySelectorAll('.answer')].at(-1)`
          const whole = async () => {
            await until(`document.querySelectorAll(".answer").length`, before + 1)
            await until(`${answer}.dataset.status`, 'complete')
            await until(
              `[...${answer}.querySelectorAll('[data-text]')].map((one) => one.textContent).join('')`,
              text,
            )
          }
          await whole()
          const address = await engine.evaluate<string>('location.href')
          await engine.goto(address)
          await whole()
          await shown(front)
        },
      )
    })
  })
}
