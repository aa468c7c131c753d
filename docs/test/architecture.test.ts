import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './blocks.ts'

const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')

/** The tables of a section, as cells. */
function rowsOf(heading: string): string[][] {
  const [, section = ''] = page.split(heading)
  return section
    .split(/\n##/)[0]!
    .split('\n')
    .filter((line) => /^\| [^|]/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

const pathsIn = (cell: string) => [...cell.matchAll(/`([\w./-]+)`/g)].map((match) => match[1]!)

describe.each(['core', 'agent'])('the folders of packages/%s/src', (name) => {
  test('are all in the table, and nothing else is', () => {
    const folders = readdirSync(join(root, `packages/${name}/src`), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('__'))
      .map((entry) => `${entry.name}/`)
    const rows = rowsOf(`### \`packages/${name}/src\``).slice(1)
    expect(rows.flatMap(([folder]) => pathsIn(folder!)).sort()).toEqual(folders.sort())
  })
})

describe('the rules of PROTOCOL.md', () => {
  const rows = rowsOf('### Where each rule of PROTOCOL.md is implemented').slice(1)

  test('name files that exist', () => {
    for (const [, reader, writer] of rows) {
      for (const path of pathsIn(reader!))
        expect(existsSync(join(root, 'packages/core/src', path)), path).toBe(true)
      for (const path of pathsIn(writer!))
        expect(existsSync(join(root, 'packages/agent/src', path)), path).toBe(true)
    }
  })

  test('are all there', () => {
    const protocol = readFileSync(join(root, 'PROTOCOL.md'), 'utf8')
    const sections = [...protocol.matchAll(/(?:^|\. )(\d\.\d+) [A-Z*]/gm)].map((match) => match[1]!)
    expect(sections.length).toBeGreaterThan(50)
    const covered = (section: string) => rows.some(([cell]) => covers(cell!, section))
    expect(sections.filter((section) => !covered(section))).toEqual([])
  })
})

/** A cell begins with the sections that it covers: `2, 2.1, 2.2 …`, `5.1 to 5.8 …`, or `4 …`, for all of them. */
function covers(cell: string, section: string): boolean {
  const [chapter, number] = section.split('.').map(Number) as [number, number]
  const range = /^(\d)\.(\d+) to \d\.(\d+)/.exec(cell)
  if (range) return Number(range[1]) === chapter && Number(range[2]) <= number && number <= Number(range[3])
  const listed = /^[\d., ]+/
    .exec(cell)![0]
    .split(', ')
    .map((one) => one.trim())
  return listed.includes(section) || (listed.length === 1 && listed[0] === String(chapter))
}
