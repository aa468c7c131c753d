import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
// @ts-expect-error: plain JavaScript, shared with the scripts.
import { absoluteLinks } from '../../scripts/links.mjs'
// @ts-expect-error: plain JavaScript, shared with the scripts.
import { packages } from '../../scripts/workspace.mjs'
import { root } from './blocks.ts'

const url = 'https://github.test/owner/name'
const toAbsolute = absoluteLinks as (markdown: string, folder: string, url: string) => string

test('a README on npm links to files of the repository, anchors and images included', () => {
  const markdown = '[a](../core/README.md#x) ![b](gap.svg) [c](https://ably.com) [d](#here)'
  expect(toAbsolute(markdown, 'packages/react', url)).toBe(
    `[a](${url}/blob/main/packages/core/README.md#x) ![b](${url}/raw/main/packages/react/gap.svg) [c](https://ably.com) [d](#here)`,
  )
})

test('so do those of all packages', () => {
  let links = 0
  for (const { path, folder } of packages() as { path: string; folder: string }[]) {
    const readme = toAbsolute(readFileSync(join(path, 'README.md'), 'utf8'), `packages/${folder}`, url)
    for (const [, link] of readme.replaceAll(/```[^]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      expect(link).toMatch(/^(https?:|#)/)
      if (!link!.startsWith(url)) continue
      links++
      const file = link!
        .slice(url.length)
        .replace(/^\/(blob|raw)\/main\//, '')
        .replace(/#.*/, '')
      expect(existsSync(join(root, file)), file).toBe(true)
    }
  }
  expect(links).toBeGreaterThan(20)
})
